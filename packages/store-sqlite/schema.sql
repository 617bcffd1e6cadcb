CREATE TABLE records (
  id text primary key not null,
  body text not null check (json_valid(body) and body ->> '$.challengeId' = id),
  due_at integer,
  forget_at integer,
  paid_at integer,
  leased_until integer not null default 0,
  state text generated always as (body ->> '$.state') virtual not null
) strict;

CREATE INDEX records_due on records (due_at, id) where due_at is not null;

CREATE INDEX records_due_in on records (state, due_at, id) where due_at is not null;

CREATE INDEX records_forgettable on records (forget_at, id) where forget_at is not null;

CREATE INDEX records_refundable on records (paid_at, id)
  where paid_at is not null and leased_until = 0;

CREATE INDEX records_leased on records (leased_until)
  where paid_at is not null and leased_until > 0;

CREATE TRIGGER records_keep_money before delete on records
when old.state in ('PAID', 'REFUND_PENDING', 'REFUND_FAILED')
  or old.body ->> '$.held' <> ''
  or json_extract(old.body ->> '$.intent', '$.stage') = 'OPEN'
  or (old.state = 'DELIVERED' and old.body ->> '$.paymentFinal' = 'false')
begin
  select raise(abort, 'money is owed, held or may still arrive: this record stays');
end;

CREATE TABLE requests (
  scope text not null,
  request_id text not null,
  id text not null,
  primary key (scope, request_id)
) strict, without rowid;

CREATE TABLE claims (
  payment_ref text primary key not null,
  challenge_id text not null,
  disposition text not null
    check (disposition in ('RESERVED', 'APPLIED', 'SURPLUS', 'LATE', 'UNDER', 'UNMATCHED'))
) strict, without rowid;

CREATE TRIGGER claims_stay before delete on claims
begin
  select raise(abort, 'a payment keeps its claim for good');
end;

CREATE TRIGGER claims_keep_owner before update on claims
when new.payment_ref <> old.payment_ref or new.challenge_id <> old.challenge_id
begin
  select raise(abort, 'a payment never changes its owner');
end;

CREATE TABLE audit (
  sequence integer primary key autoincrement,
  challenge_id text not null,
  version integer not null,
  from_state text,
  to_state text not null,
  key text not null,
  at integer not null,
  actor text not null,
  reason text,
  wrote text not null
) strict;

CREATE INDEX audit_attempts on audit (challenge_id, key);

CREATE TRIGGER audit_never_changes before update on audit
begin
  select raise(abort, 'the audit trail is append-only');
end;

CREATE TRIGGER audit_stays before delete on audit
when exists (select 1 from records where id = old.challenge_id)
  or exists (select 1 from audit where challenge_id = old.challenge_id and to_state = 'PAID')
begin
  select raise(abort, 'the audit trail is append-only');
end;

CREATE TABLE acks (
  consumer text primary key not null,
  sequence integer not null
) strict, without rowid;

CREATE TABLE witness (
  id integer primary key check (id = 1),
  body text not null check (json_valid(body))
) strict;

CREATE TABLE documents (
  name text primary key not null,
  body text not null
) strict, without rowid;
