/*
 * The schema, step by step. A step that was released is never edited: the next number changes it.
 * `schema.sql` at the package's root is what all of them together build.
 */

const start = `
-- One challenge a row. The body is the whole record; the other columns are derived from it at
-- every write, in one place, and only say how it is found.
create table records (
  id text primary key not null,
  body text not null check (json_valid(body) and body ->> '$.challengeId' = id),
  due_at integer,
  forget_at integer,
  paid_at integer,
  leased_until integer not null default 0,
  state text generated always as (body ->> '$.state') virtual not null
) strict;

create index records_due on records (due_at, id) where due_at is not null;
create index records_due_in on records (state, due_at, id) where due_at is not null;
create index records_forgettable on records (forget_at, id) where forget_at is not null;
create index records_refundable on records (paid_at, id)
  where paid_at is not null and leased_until = 0;
create index records_leased on records (leased_until)
  where paid_at is not null and leased_until > 0;

-- Money that is owed, held or may still arrive. It looks at the record itself, so that a wrong
-- forget_at alone can never lose it.
create trigger records_keep_money before delete on records
when old.state in ('PAID', 'REFUND_PENDING', 'REFUND_FAILED')
  or old.body ->> '$.held' <> ''
  or json_extract(old.body ->> '$.intent', '$.stage') = 'OPEN'
  or (old.state = 'DELIVERED' and old.body ->> '$.paymentFinal' = 'false')
begin
  select raise(abort, 'money is owed, held or may still arrive: this record stays');
end;

create table requests (
  scope text not null,
  request_id text not null,
  id text not null,
  primary key (scope, request_id)
) strict, without rowid;

create table claims (
  payment_ref text primary key not null,
  challenge_id text not null,
  disposition text not null
    check (disposition in ('RESERVED', 'APPLIED', 'SURPLUS', 'LATE', 'UNDER', 'UNMATCHED'))
) strict, without rowid;

create trigger claims_stay before delete on claims
begin
  select raise(abort, 'a payment keeps its claim for good');
end;

create trigger claims_keep_owner before update on claims
when new.payment_ref <> old.payment_ref or new.challenge_id <> old.challenge_id
begin
  select raise(abort, 'a payment never changes its owner');
end;

-- Sequences are never used twice, not even after the newest entries went.
create table audit (
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

create index audit_attempts on audit (challenge_id, key);

create trigger audit_never_changes before update on audit
begin
  select raise(abort, 'the audit trail is append-only');
end;

-- Only the trail of a challenge that was never paid and is already forgotten may go.
create trigger audit_stays before delete on audit
when exists (select 1 from records where id = old.challenge_id)
  or exists (select 1 from audit where challenge_id = old.challenge_id and to_state = 'PAID')
begin
  select raise(abort, 'the audit trail is append-only');
end;

create table acks (
  consumer text primary key not null,
  sequence integer not null
) strict, without rowid;
`

const witness = `
-- Whether the data still continues what it was; one row, of the form core gives it.
create table witness (
  id integer primary key check (id = 1),
  body text not null check (json_valid(body))
) strict;
`

const documents = `
-- Small texts that processes agree on, such as how far notifications are delivered.
create table documents (
  name text primary key not null,
  body text not null
) strict, without rowid;
`

/** What brings a database from version n to n + 1, at position n. */
export const migrations: readonly string[] = [start, witness, documents]
