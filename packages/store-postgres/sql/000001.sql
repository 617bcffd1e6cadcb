-- 000001: tables, and the guards that hold whoever writes, with whatever program.
--
-- Names of things are compared byte by byte (collate "C"): ids that differ in case or accents are
-- different, and no upgrade of the system's language data can put an index in disorder.
-- Instants are whole milliseconds. A released file is never edited: the next number changes it.

-- Refuses, with the reason that the trigger gives.
create function key0_refuse() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'K0001';
end $$;

-- One challenge a row. Every column of a challenge that is not paid for may be null, and so may
-- every column that a later release adds: null reads as "not there".
create table key0_challenges (
  id text collate "C" primary key,
  request_id text collate "C" not null,
  scope text collate "C" not null default '',
  client_agent_id text not null default '',
  resource_id text not null default '',
  plan_id text not null default '',
  amount text not null default '',
  amount_raw numeric(78, 0) not null check (amount_raw > 0),
  asset text not null default '',
  token text not null,
  chain_id bigint not null check (chain_id > 0),
  destination text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null default 'PENDING' check (state in (
    'PENDING', 'PAID', 'DELIVERED', 'EXPIRED', 'CANCELLED',
    'REFUND_PENDING', 'REFUNDED', 'REFUND_FAILED')),
  version bigint not null default 1 check (version > 0),
  schema_version integer not null default 1,
  updated_at timestamptz not null,
  intent json,
  payment_ref text,
  tx_hash text,
  paid_at timestamptz,
  from_address text,
  paid_block json,
  payment_final boolean,
  lease json,
  access_grant json,
  delivered_at timestamptz,
  refund json,
  refund_tx_hash text,
  refunded_at timestamptz,
  refund_error text,
  held text,
  next_visit_at timestamptz,

  -- How it is found. Nobody but the database writes the generated ones, so they cannot drift.
  -- Whether its request id names this challenge: of one request at most one does.
  holds_request boolean not null default true,
  -- Until when somebody is delivering; emptied when that instant is over.
  leased_until timestamptz,
  intent_stage text generated always as (intent ->> 'stage') stored,
  -- When a worker must look at it; null: never.
  due_at timestamptz generated always as (
    case
      when state = 'PENDING' then coalesce(
        next_visit_at,
        case when coalesce(intent ->> 'stage', '') = 'OPEN' then updated_at else expires_at end)
      when state in ('PAID', 'REFUND_PENDING') then coalesce(next_visit_at, updated_at)
      when state = 'DELIVERED' and not payment_final then coalesce(next_visit_at, updated_at)
    end) stored,
  -- From when its time runs; null while money is owed, held or may still arrive.
  kept_from timestamptz generated always as (
    case
      when coalesce(held, '') <> '' or coalesce(intent ->> 'stage', '') = 'OPEN' then null
      when state in ('PENDING', 'EXPIRED', 'CANCELLED', 'REFUNDED') then created_at
      when state = 'DELIVERED' and coalesce(payment_final, true)
        then coalesce(delivered_at, updated_at)
    end) stored,

  constraint key0_challenges_paid_by_something
    check (state <> 'PAID' or payment_ref is not null or tx_hash is not null),
  constraint key0_challenges_lease_of_somebody check (leased_until is null or lease is not null)
);

create unique index key0_challenges_request on key0_challenges (scope, request_id)
  where holds_request;
create index key0_challenges_due on key0_challenges (state, due_at, id) where due_at is not null;
create index key0_challenges_forgettable on key0_challenges (state, kept_from, id)
  where kept_from is not null;
create index key0_challenges_refundable on key0_challenges (paid_at, id)
  where state = 'PAID' and from_address is not null and access_grant is null and held is null
    and leased_until is null;
create index key0_challenges_leased on key0_challenges (leased_until, id)
  where state = 'PAID' and from_address is not null and access_grant is null and held is null
    and leased_until is not null;

create trigger key0_challenges_keep_money before delete on key0_challenges
for each row when (old.kept_from is null)
execute function key0_refuse('money is owed, held or may still arrive: this challenge stays');

create trigger key0_challenges_stay before truncate on key0_challenges
execute function key0_refuse('challenges are never truncated');

create trigger key0_challenges_lifecycle before update of state on key0_challenges
for each row when (old.state <> new.state and old.state || ' ' || new.state not in (
  'PENDING PAID', 'PENDING EXPIRED', 'PENDING CANCELLED', 'PAID DELIVERED', 'PAID PENDING',
  'PAID REFUND_PENDING', 'REFUND_PENDING REFUNDED', 'REFUND_PENDING REFUND_FAILED',
  'REFUND_FAILED PAID'))
execute function key0_refuse('the lifecycle has no such transition');

create trigger key0_challenges_version before update of
  state, version, updated_at, intent, payment_ref, tx_hash, paid_at, from_address, paid_block,
  payment_final, lease, access_grant, delivered_at, refund, refund_tx_hash, refunded_at,
  refund_error, held, next_visit_at
on key0_challenges
for each row when (new.version <> old.version + 1)
execute function key0_refuse('every write raises the version by one');

create trigger key0_challenges_base before update of
  id, request_id, scope, client_agent_id, resource_id, plan_id, amount, amount_raw, asset, token,
  chain_id, destination, created_at, expires_at
on key0_challenges
for each row when (
  (new.id, new.request_id, new.scope, new.client_agent_id, new.resource_id, new.plan_id,
    new.amount, new.amount_raw, new.asset, new.token, new.chain_id, new.destination,
    new.created_at, new.expires_at)
  is distinct from
  (old.id, old.request_id, old.scope, old.client_agent_id, old.resource_id, old.plan_id,
    old.amount, old.amount_raw, old.asset, old.token, old.chain_id, old.destination,
    old.created_at, old.expires_at))
execute function key0_refuse('what a challenge was born with never changes');

create trigger key0_challenges_refund_only before update of state on key0_challenges
for each row when (old.refund is not null and new.state = 'DELIVERED')
execute function key0_refuse('once claimed for a refund the money goes back');

-- Who owns a payment, for good.
create table key0_claims (
  payment_ref text collate "C" primary key,
  challenge_id text collate "C" not null,
  disposition text not null
    check (disposition in ('RESERVED', 'APPLIED', 'SURPLUS', 'LATE', 'UNDER', 'UNMATCHED'))
);

create trigger key0_claims_stay before delete on key0_claims
for each row execute function key0_refuse('a payment keeps its claim for good');

create trigger key0_claims_stay_all before truncate on key0_claims
execute function key0_refuse('a payment keeps its claim for good');

create trigger key0_claims_keep_owner before update on key0_claims
for each row when (
  new.payment_ref <> old.payment_ref or new.challenge_id <> old.challenge_id)
execute function key0_refuse('a payment never changes its owner');

-- Which challenge a transaction was used for: the replay store of the specification.
create table key0_seen_txs (
  tx_hash text collate "C" primary key check (tx_hash = lower(tx_hash)),
  challenge_id text collate "C" not null,
  seen_at timestamptz not null default now()
);

create trigger key0_seen_txs_stay before delete or update on key0_seen_txs
for each row execute function key0_refuse('a transaction that was used stays used');

create trigger key0_seen_txs_stay_all before truncate on key0_seen_txs
execute function key0_refuse('a transaction that was used stays used');

-- The trail. `id` says the order of writing, per challenge.
create table key0_challenge_audit (
  id bigint generated always as identity primary key,
  challenge_id text collate "C" not null,
  version bigint not null,
  from_state text,
  to_state text not null,
  key text collate "C" not null,
  at timestamptz not null,
  actor text not null,
  reason text,
  wrote text[] not null,
  constraint key0_challenge_audit_lifecycle check (
    coalesce(from_state, 'NEW') || ' ' || to_state in (
    'NEW PENDING', 'PENDING PENDING', 'PENDING PAID', 'PENDING EXPIRED', 'PENDING CANCELLED',
    'PAID PAID', 'PAID DELIVERED', 'PAID PENDING', 'PAID REFUND_PENDING',
    'REFUND_PENDING REFUND_PENDING', 'REFUND_PENDING REFUNDED', 'REFUND_PENDING REFUND_FAILED',
    'REFUND_FAILED PAID')),
  constraint key0_challenge_audit_one_a_version unique (challenge_id, version)
);

-- Not unique: a challenge's row lock decides which attempt is a replay, and a key used twice for
-- two payments must not keep the second from being settled.
create index key0_challenge_audit_attempts on key0_challenge_audit (challenge_id, key);

create trigger key0_challenge_audit_never_changes before update on key0_challenge_audit
for each row execute function key0_refuse('the audit trail is append-only');

-- Only the trail of a challenge that was never paid for and is already forgotten may go.
create function key0_keep_trail() returns trigger language plpgsql as $$
begin
  if exists (select from key0_challenges where id = old.challenge_id)
    or exists (select from key0_challenge_audit
      where challenge_id = old.challenge_id and to_state = 'PAID')
  then
    raise exception 'the audit trail is append-only' using errcode = 'K0001';
  end if;
  return old;
end $$;

create trigger key0_challenge_audit_stays before delete on key0_challenge_audit
for each row execute function key0_keep_trail();

create trigger key0_challenge_audit_stays_all before truncate on key0_challenge_audit
execute function key0_refuse('the audit trail is append-only');

-- The event stream: which entry has which place. A place is given once, and only to an entry
-- that is committed (see ops/number.sql); until then the entry waits.
create table key0_events (
  sequence bigint primary key,
  entry bigint not null unique
);

create trigger key0_events_never_change before update on key0_events
for each row execute function key0_refuse('a place in the event stream is given once');

-- A place goes only with its entry.
create function key0_keep_place() returns trigger language plpgsql as $$
begin
  if exists (select from key0_challenge_audit where id = old.entry) then
    raise exception 'a place in the event stream is given once' using errcode = 'K0001';
  end if;
  return old;
end $$;

create trigger key0_events_stay before delete on key0_events
for each row execute function key0_keep_place();

create trigger key0_events_stay_all before truncate on key0_events
execute function key0_refuse('a place in the event stream is given once');

-- Small, and emptied as fast as it fills: worth a vacuum long before the usual one.
create table key0_waiting (entry bigint primary key)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create function key0_await_place() returns trigger language plpgsql as $$
begin
  insert into key0_waiting values (new.id);
  return null;
end $$;

create trigger key0_challenge_audit_waits after insert on key0_challenge_audit
for each row execute function key0_await_place();

-- The last place that was given, also when its entry is gone.
create table key0_stream (
  id smallint primary key default 1 check (id = 1),
  last bigint not null
);
insert into key0_stream (last) values (0);

create table key0_acks (
  consumer text collate "C" primary key,
  sequence bigint not null
);
