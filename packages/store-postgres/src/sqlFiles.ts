/*
 * Made from the files under sql/ by `vitest run --update`. Do not edit: edit those.
 */

/** The numbered migrations, in order. */
export const steps: readonly string[] = [
  `
create function key0_refuse() returns trigger language plpgsql as $$
begin
  raise exception '%', tg_argv[0] using errcode = 'K0001';
end $$;

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

  holds_request boolean not null default true,
  leased_until timestamptz,
  intent_stage text generated always as (intent ->> 'stage') stored,
  due_at timestamptz generated always as (
    case
      when state = 'PENDING' then coalesce(
        next_visit_at,
        case when coalesce(intent ->> 'stage', '') = 'OPEN' then updated_at else expires_at end)
      when state in ('PAID', 'REFUND_PENDING') then coalesce(next_visit_at, updated_at)
      when state = 'DELIVERED' and not payment_final then coalesce(next_visit_at, updated_at)
    end) stored,
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

create table key0_seen_txs (
  tx_hash text collate "C" primary key check (tx_hash = lower(tx_hash)),
  challenge_id text collate "C" not null,
  seen_at timestamptz not null default now()
);

create trigger key0_seen_txs_stay before delete or update on key0_seen_txs
for each row execute function key0_refuse('a transaction that was used stays used');

create trigger key0_seen_txs_stay_all before truncate on key0_seen_txs
execute function key0_refuse('a transaction that was used stays used');

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

create index key0_challenge_audit_attempts on key0_challenge_audit (challenge_id, key);

create trigger key0_challenge_audit_never_changes before update on key0_challenge_audit
for each row execute function key0_refuse('the audit trail is append-only');

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

create table key0_events (
  sequence bigint primary key,
  entry bigint not null unique
);

create trigger key0_events_never_change before update on key0_events
for each row execute function key0_refuse('a place in the event stream is given once');

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

create table key0_waiting (entry bigint primary key)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create function key0_await_place() returns trigger language plpgsql as $$
begin
  insert into key0_waiting values (new.id);
  return null;
end $$;

create trigger key0_challenge_audit_waits after insert on key0_challenge_audit
for each row execute function key0_await_place();

create table key0_stream (
  id smallint primary key default 1 check (id = 1),
  last bigint not null
);
insert into key0_stream (last) values (0);

create table key0_acks (
  consumer text collate "C" primary key,
  sequence bigint not null
);
`,
  `
set local lock_timeout = '3s';

create table key0_witness (
  id smallint primary key default 1 check (id = 1),
  body text not null
);

alter table key0_challenges
  add column disposition text,
  add column released_at timestamptz,
  add constraint key0_challenges_disposition
    check (disposition in ('SURPLUS', 'LATE', 'UNDER', 'UNMATCHED')) not valid;

drop trigger key0_challenges_version on key0_challenges;

create trigger key0_challenges_version before update of
  state, version, updated_at, intent, payment_ref, tx_hash, paid_at, from_address, paid_block,
  payment_final, lease, access_grant, delivered_at, refund, refund_tx_hash, refunded_at,
  refund_error, held, next_visit_at, disposition, released_at
on key0_challenges
for each row when (new.version <> old.version + 1)
execute function key0_refuse('every write raises the version by one');
`,
  `
set local lock_timeout = '3s';

create index key0_challenges_failed on key0_challenges (coalesce(next_visit_at, updated_at), id)
  where state = 'REFUND_FAILED';
`,
  `
set local lock_timeout = '3s';

drop index key0_challenge_audit_attempts;

drop index key0_challenges_due;
drop index key0_challenges_forgettable;
drop index key0_challenges_leased;
create index key0_challenges_due on key0_challenges (state, due_at) where due_at is not null;
create index key0_challenges_forgettable on key0_challenges (state, kept_from)
  where kept_from is not null;
create index key0_challenges_leased on key0_challenges (leased_until)
  where state = 'PAID' and from_address is not null and access_grant is null and held is null
    and leased_until is not null;

drop trigger key0_challenges_lifecycle on key0_challenges;
drop trigger key0_challenges_version on key0_challenges;
drop trigger key0_challenges_base on key0_challenges;
drop trigger key0_challenges_refund_only on key0_challenges;

create function key0_guard_update() returns trigger language plpgsql as $$
begin
  if (new.id, new.request_id, new.scope, new.client_agent_id, new.resource_id, new.plan_id,
      new.amount, new.amount_raw, new.asset, new.token, new.chain_id, new.destination,
      new.created_at, new.expires_at)
    is distinct from
    (old.id, old.request_id, old.scope, old.client_agent_id, old.resource_id, old.plan_id,
      old.amount, old.amount_raw, old.asset, old.token, old.chain_id, old.destination,
      old.created_at, old.expires_at)
  then
    raise exception 'what a challenge was born with never changes' using errcode = 'K0001';
  end if;
  if old.state <> new.state and old.state || ' ' || new.state not in (
    'PENDING PAID', 'PENDING EXPIRED', 'PENDING CANCELLED', 'PAID DELIVERED', 'PAID PENDING',
    'PAID REFUND_PENDING', 'REFUND_PENDING REFUNDED', 'REFUND_PENDING REFUND_FAILED',
    'REFUND_FAILED PAID')
  then
    raise exception 'the lifecycle has no such transition' using errcode = 'K0001';
  end if;
  if old.refund is not null and new.state = 'DELIVERED' then
    raise exception 'once claimed for a refund the money goes back' using errcode = 'K0001';
  end if;
  if new.version <> old.version + 1 then
    raise exception 'every write raises the version by one' using errcode = 'K0001';
  end if;
  return new;
end $$;

create trigger key0_challenges_guard before update of
  id, request_id, scope, client_agent_id, resource_id, plan_id, amount, amount_raw, asset, token,
  chain_id, destination, created_at, expires_at,
  state, version, updated_at, intent, payment_ref, tx_hash, paid_at, from_address, paid_block,
  payment_final, lease, access_grant, delivered_at, refund, refund_tx_hash, refunded_at,
  refund_error, held, next_visit_at, disposition, released_at
on key0_challenges
for each row execute function key0_guard_update();

alter table key0_challenge_audit drop constraint key0_challenge_audit_lifecycle;

create or replace function key0_await_place() returns trigger language plpgsql as $$
begin
  if coalesce(new.from_state, 'NEW') || ' ' || new.to_state not in (
    'NEW PENDING', 'PENDING PENDING', 'PENDING PAID', 'PENDING EXPIRED', 'PENDING CANCELLED',
    'PAID PAID', 'PAID DELIVERED', 'PAID PENDING', 'PAID REFUND_PENDING',
    'REFUND_PENDING REFUND_PENDING', 'REFUND_PENDING REFUNDED', 'REFUND_PENDING REFUND_FAILED',
    'REFUND_FAILED PAID')
  then
    raise exception 'key0_challenge_audit_lifecycle: the lifecycle has no such transition'
      using errcode = 'K0001';
  end if;
  insert into key0_waiting values (new.id);
  return null;
end $$;
`,
  `
set local lock_timeout = '3s';

create table key0_documents (
  name text collate "C" primary key,
  body text not null
);
`,
  `
set local lock_timeout = '3s';

alter table key0_challenges
  add column resource json,
  add column response json;

create or replace function key0_guard_update() returns trigger language plpgsql as $$
begin
  if (new.id, new.request_id, new.scope, new.client_agent_id, new.resource_id, new.plan_id,
      new.amount, new.amount_raw, new.asset, new.token, new.chain_id, new.destination,
      new.created_at, new.expires_at)
    is distinct from
    (old.id, old.request_id, old.scope, old.client_agent_id, old.resource_id, old.plan_id,
      old.amount, old.amount_raw, old.asset, old.token, old.chain_id, old.destination,
      old.created_at, old.expires_at)
    or new.resource::text is distinct from old.resource::text
  then
    raise exception 'what a challenge was born with never changes' using errcode = 'K0001';
  end if;
  if old.state <> new.state and old.state || ' ' || new.state not in (
    'PENDING PAID', 'PENDING EXPIRED', 'PENDING CANCELLED', 'PAID DELIVERED', 'PAID PENDING',
    'PAID REFUND_PENDING', 'REFUND_PENDING REFUNDED', 'REFUND_PENDING REFUND_FAILED',
    'REFUND_FAILED PAID')
  then
    raise exception 'the lifecycle has no such transition' using errcode = 'K0001';
  end if;
  if old.refund is not null and new.state = 'DELIVERED' then
    raise exception 'once claimed for a refund the money goes back' using errcode = 'K0001';
  end if;
  if new.version <> old.version + 1 then
    raise exception 'every write raises the version by one' using errcode = 'K0001';
  end if;
  return new;
end $$;

drop trigger key0_challenges_guard on key0_challenges;
create trigger key0_challenges_guard before update of
  id, request_id, scope, client_agent_id, resource_id, plan_id, amount, amount_raw, asset, token,
  chain_id, destination, created_at, expires_at, resource,
  state, version, updated_at, intent, payment_ref, tx_hash, paid_at, from_address, paid_block,
  payment_final, lease, access_grant, response, delivered_at, refund, refund_tx_hash, refunded_at,
  refund_error, held, next_visit_at, disposition, released_at
on key0_challenges
for each row execute function key0_guard_update();
`,
  `
set local lock_timeout = '3s';

create index key0_challenges_unpaid on key0_challenges (kept_from)
  where state in ('EXPIRED', 'CANCELLED') and intent is null and kept_from is not null;
`,
]

/** The functions, those that others are declared with first. */
export const operations: readonly string[] = [
  `
create or replace function key0_cutoff(p_state text, p_now timestamptz, p_keep bigint[])
returns timestamptz language sql stable as $$
  select p_now - interval '1 millisecond' * (case p_state
    when 'PENDING' then p_keep[1] when 'DELIVERED' then p_keep[3] else p_keep[2] end)
$$;
`,
  `
create or replace function key0_forgotten(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select case
    when c.state in ('EXPIRED', 'CANCELLED') and c.intent is null then c.kept_from <= greatest(
      key0_cutoff(c.state, p_now, p_keep), key0_cutoff('PENDING', p_now, p_keep))
    when c.state = 'REFUNDED' then c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
      and coalesce(c.refunded_at, c.kept_from) <= key0_cutoff('DELIVERED', p_now, p_keep)
    else c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
  end
$$;
`,
  `
create or replace function key0_iso(p_at timestamptz) returns text language sql stable as $$
  select to_char(p_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
`,
  `
create or replace function key0_is_live(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select key0_forgotten(c, p_now, p_keep) is not true
    and c.state not in ('EXPIRED', 'CANCELLED')
    and (c.state <> 'PENDING' or coalesce(c.intent_stage = 'OPEN', false) or c.expires_at > p_now)
$$;
`,
  `
create or replace function key0_encode(c key0_challenges) returns json language sql stable as $$
  select json_strip_nulls(json_build_object(
    'challengeId', c.id,
    'requestId', c.request_id,
    'scope', c.scope,
    'clientAgentId', c.client_agent_id,
    'resourceId', c.resource_id,
    'planId', c.plan_id,
    'amount', c.amount,
    'amountRaw', c.amount_raw::text,
    'asset', c.asset,
    'token', c.token,
    'chainId', c.chain_id::text,
    'destination', c.destination,
    'resource', c.resource::text,
    'createdAt', key0_iso(c.created_at),
    'expiresAt', key0_iso(c.expires_at),
    'state', c.state,
    'version', c.version::text,
    'schemaVersion', c.schema_version::text,
    'updatedAt', key0_iso(c.updated_at),
    'intent', c.intent::text,
    'paymentRef', c.payment_ref,
    'txHash', c.tx_hash,
    'paidAt', key0_iso(c.paid_at),
    'fromAddress', c.from_address,
    'paidBlock', c.paid_block::text,
    'paymentFinal', c.payment_final::text,
    'lease', c.lease::text,
    'accessGrant', c.access_grant::text,
    'response', c.response::text,
    'deliveredAt', key0_iso(c.delivered_at),
    'refund', c.refund::text,
    'refundTxHash', c.refund_tx_hash,
    'refundedAt', key0_iso(c.refunded_at),
    'refundError', c.refund_error,
    'held', c.held,
    'nextVisitAt', key0_iso(c.next_visit_at),
    'disposition', c.disposition,
    'releasedAt', key0_iso(c.released_at)
  ))
$$;
`,
  `
create or replace function key0_outcome(p_kind text, c key0_challenges)
returns text language sql stable as $$
  select json_build_object('kind', p_kind, 'record', key0_encode(c))::text
$$;
`,
  `
create or replace function key0_entry(a key0_challenge_audit, p_sequence bigint)
returns json language sql stable as $$
  select json_build_object(
    'sequence', p_sequence,
    'challengeId', a.challenge_id,
    'version', a.version,
    'from', a.from_state,
    'to', a.to_state,
    'key', a.key,
    'at', key0_iso(a.at),
    'actor', a.actor,
    'reason', a.reason,
    'wrote', a.wrote)
$$;
`,
  `
create or replace function key0_start(p_now text) returns timestamptz language plpgsql as $$
begin
  if pg_is_in_recovery() then
    raise exception 'this server is a standby; connect to the primary' using errcode = '25006';
  end if;
  return coalesce(p_now::timestamptz, date_trunc('milliseconds', clock_timestamp()));
end $$;
`,
  `
create or replace function key0_ack(p_consumer text, p_sequence text)
returns text language plpgsql as $$
begin
  insert into key0_acks as a values (p_consumer, p_sequence::bigint)
  on conflict (consumer) do update set sequence = excluded.sequence
  where a.sequence < excluded.sequence;
  return null;
end $$;
`,
  `
create or replace function key0_acked(p_consumer text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return coalesce((select sequence from key0_acks where consumer = p_consumer), 0)::text;
end $$;
`,
  `
create or replace function key0_create(
  p_base text, p_key text, p_actor text, p_reason text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_base jsonb := p_base;
  v_keep bigint[] := p_keep;
  v_now timestamptz;
  v_old key0_challenges;
  v_new key0_challenges;
begin
  loop
    v_now := key0_start(p_now);
    insert into key0_challenges (
      id, request_id, scope, client_agent_id, resource_id, plan_id, amount, amount_raw, asset,
      token, chain_id, destination, resource, created_at, expires_at, updated_at)
    values (
      v_base ->> 'challengeId', v_base ->> 'requestId', v_base ->> 'scope',
      v_base ->> 'clientAgentId', v_base ->> 'resourceId', v_base ->> 'planId',
      v_base ->> 'amount', (v_base ->> 'amountRaw')::numeric, v_base ->> 'asset',
      v_base ->> 'token', (v_base ->> 'chainId')::bigint, v_base ->> 'destination',
      (v_base ->> 'resource')::json,
      (v_base ->> 'createdAt')::timestamptz, (v_base ->> 'expiresAt')::timestamptz, v_now)
    on conflict do nothing
    returning * into v_new;
    if found then
      insert into key0_challenge_audit
        (challenge_id, version, from_state, to_state, key, at, actor, reason, wrote)
      values (v_new.id, 1, null, 'PENDING', p_key, v_now, p_actor, p_reason, '{}');
      perform key0_sweep(v_now, v_keep, 4);
      return key0_outcome('applied', v_new);
    end if;

    select * into v_old from key0_challenges c where c.id = v_base ->> 'challengeId';
    if found then
      if key0_forgotten(v_old, v_now, v_keep) is not true then
        return key0_outcome('replayed', v_old);
      end if;
      delete from key0_challenges c where c.id = v_old.id and c.version = v_old.version;
      continue;
    end if;

    select * into v_old from key0_challenges c
    where c.scope = v_base ->> 'scope' and c.request_id = v_base ->> 'requestId'
      and c.holds_request;
    if found then
      if key0_is_live(v_old, v_now, v_keep) then return key0_outcome('replayed', v_old); end if;
      update key0_challenges c set holds_request = false
      where c.id = v_old.id and c.version = v_old.version;
    end if;
  end loop;
end $$;
`,
  `
create or replace function key0_document_get(p_name text)
returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (select to_json(body) from key0_documents where name = p_name);
end $$;
`,
  `
create or replace function key0_document_list(
  p_prefix text, p_end text, p_after text, p_limit text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  perform key0_start(null);
  return (
    select coalesce(json_agg(json_build_object('name', name, 'text', body) order by name), '[]')
    from (
      select d.name, d.body from key0_documents d
      where d.name >= p_prefix and d.name < p_end and d.name > p_after
      order by d.name limit p_limit::bigint) found);
end $$;
`,
  `
create or replace function key0_document_swap(p_name text, p_before text, p_after text)
returns text language plpgsql as $$
declare
  v_found text;
begin
  perform key0_start(null);
  if p_before is null and p_after is not null then
    insert into key0_documents (name, body) values (p_name, p_after) on conflict do nothing;
  elsif p_after is null then
    delete from key0_documents where name = p_name and body = p_before;
  else
    update key0_documents set body = p_after where name = p_name and body = p_before;
  end if;
  if found then return '{"kind":"applied"}'; end if;
  select body into v_found from key0_documents where name = p_name;
  if v_found is not distinct from p_after then return '{"kind":"replayed"}'; end if;
  return json_build_object('kind', 'lost', 'text', v_found);
end $$;
`,
  `
create or replace function key0_due(
  p_until text, p_limit text, p_state text, p_now text, p_keep text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_now timestamptz := key0_start(p_now);
  v_keep bigint[] := p_keep;
  v_states text[] := case when p_state is null
    then array['PENDING', 'PAID', 'REFUND_PENDING', 'REFUND_FAILED', 'DELIVERED'] else array[p_state] end;
begin
  perform key0_sweep(v_now, v_keep, p_limit::bigint);
  return (
    select coalesce(json_agg(key0_encode(found.c) order by found.at, (found.c).id), '[]')
    from (
      select head.c, head.at
      from unnest(v_states) as one (state)
      cross join lateral (
        (select c, c.due_at as at from key0_challenges c
        where c.state = one.state and c.due_at <= p_until::timestamptz
          and key0_forgotten(c, v_now, v_keep) is not true
        order by c.due_at, c.id limit p_limit::bigint)
        union all
        (select c, coalesce(c.next_visit_at, c.updated_at) as at from key0_challenges c
        where one.state = 'REFUND_FAILED' and c.state = 'REFUND_FAILED'
          and coalesce(c.next_visit_at, c.updated_at) <= p_until::timestamptz
        order by coalesce(c.next_visit_at, c.updated_at), c.id limit p_limit::bigint)) head
      order by head.at, (head.c).id limit p_limit::bigint) found);
end $$;
`,
  `
create or replace function key0_events(p_after text, p_limit text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  perform key0_start(null);
  perform key0_number(p_limit::bigint, null);
  return (
    select coalesce(json_agg(key0_entry(found.a, found.sequence) order by found.sequence), '[]')
    from (
      select a, e.sequence from key0_events e join key0_challenge_audit a on a.id = e.entry
      where e.sequence > p_after::bigint order by e.sequence limit p_limit::bigint) found);
end $$;
`,
  `
create or replace function key0_find_active(
  p_scope text, p_request_id text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_now timestamptz := key0_start(p_now);
  v_keep bigint[] := p_keep;
begin
  return (
    select key0_encode(c) from key0_challenges c
    where c.scope = p_scope and c.request_id = p_request_id and c.holds_request
      and key0_is_live(c, v_now, v_keep));
end $$;
`,
  `
create or replace function key0_get(p_id text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_now timestamptz := key0_start(p_now);
  v_keep bigint[] := p_keep;
begin
  return (
    select key0_encode(c) from key0_challenges c
    where c.id = p_id
      and key0_forgotten(c, v_now, v_keep) is not true);
end $$;
`,
  `
create or replace function key0_get_claim(p_payment text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (
    select json_build_object(
      'paymentRef', payment_ref, 'challengeId', challenge_id, 'disposition', disposition)
    from key0_claims where payment_ref = p_payment);
end $$;
`,
  `
create or replace function key0_history(p_id text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  perform key0_number(null, p_id);
  return (
    select coalesce(json_agg(key0_entry(a, e.sequence) order by a.version), '[]')
    from key0_challenge_audit a join key0_events e on e.entry = a.id
    where a.challenge_id = p_id);
end $$;
`,
  `
create or replace function key0_lineage() returns text language plpgsql as $$
declare
  v_cluster text := '?';
  v_timeline text := '?';
  v_crash text := '';
begin
  begin
    select system_identifier::text into strict v_cluster from pg_control_system();
  exception when insufficient_privilege or undefined_function or feature_not_supported then
  end;
  begin
    v_timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
  exception when insufficient_privilege or undefined_function or feature_not_supported
    or object_not_in_prerequisite_state then
  end;
  if current_setting('synchronous_commit') = 'off' or current_setting('fsync') <> 'on'
    or current_setting('full_page_writes') <> 'on'
  then
    begin
      v_crash := '/' || coalesce(
        extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text, '?');
      if current_setting('fsync') <> 'on' or current_setting('full_page_writes') <> 'on' then
        v_crash := v_crash || '/' || extract(epoch from pg_postmaster_start_time())::text;
      end if;
    exception when insufficient_privilege or undefined_function or feature_not_supported then
      v_crash := '/?';
    end;
  end if;
  return v_cluster || '/' || v_timeline || v_crash;
end $$;
`,
  `
create or replace function key0_lock(p_id text, p_now text, p_keep bigint[])
returns key0_challenges language plpgsql as $$
declare
  v_found key0_challenges;
begin
  select * into v_found from key0_challenges c where c.id = p_id for update;
  if key0_forgotten(v_found, key0_start(p_now), p_keep) then
    return null;
  end if;
  return v_found;
end $$;
`,
  `
create or replace function key0_mark_used(p_hash text, p_id text)
returns text language plpgsql as $$
begin
  insert into key0_seen_txs (tx_hash, challenge_id) values (lower(p_hash), p_id)
  on conflict do nothing;
  return found::text;
end $$;
`,
  `
create or replace function key0_number(p_limit bigint, p_challenge text)
returns void language plpgsql as $$
declare
  v_entries bigint[];
  v_last bigint;
begin
  if p_challenge is null then
    if not exists (select from key0_waiting) then return; end if;
  elsif not exists (
    select from key0_challenge_audit a join key0_waiting w on w.entry = a.id
    where a.challenge_id = p_challenge)
  then
    return;
  end if;

  select last into strict v_last from key0_stream for update;
  if p_challenge is null then
    v_entries := array(select entry from key0_waiting order by entry limit p_limit);
  else
    v_entries := array(
      select a.id from key0_challenge_audit a join key0_waiting w on w.entry = a.id
      where a.challenge_id = p_challenge order by a.id);
  end if;
  insert into key0_events
  select v_last + place, entry from unnest(v_entries) with ordinality as waiting (entry, place);
  delete from key0_waiting where entry = any (v_entries);
  update key0_stream set last = v_last + cardinality(v_entries);
end $$;
`,
  `
create or replace function key0_postpone(
  p_id text, p_version text, p_visit text, p_final text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_old key0_challenges;
  v_new key0_challenges;
begin
  v_old := key0_lock(p_id, p_now, p_keep::bigint[]);
  if v_old.id is null then return '{"kind":"absent"}'; end if;
  if v_old.version <> p_version::bigint then return key0_outcome('lost', v_old); end if;

  update key0_challenges c set
    version = c.version + 1,
    next_visit_at = p_visit::timestamptz,
    payment_final = coalesce(p_final::boolean, c.payment_final)
  where c.id = p_id
  returning c.* into strict v_new;
  return key0_outcome('applied', v_new);
end $$;
`,
  `
create or replace function key0_purge(p_before text, p_keep text, p_limit text)
returns text language plpgsql as $$
begin
  return json_build_object('removed',
    key0_sweep(key0_start(p_before), p_keep::bigint[], p_limit::bigint))::text;
end $$;
`,
  `
create or replace function key0_refundable(p_before text, p_limit text, p_now text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_now timestamptz := key0_start(p_now);
begin
  update key0_challenges c set leased_until = null
  where c.id in (
    select ended.id from key0_challenges ended
    where ended.state = 'PAID' and ended.from_address is not null
      and ended.access_grant is null and ended.response is null and ended.held is null
      and ended.leased_until is not null and ended.leased_until <= v_now
    order by ended.leased_until limit 1000 for update skip locked);

  return (
    select coalesce(json_agg(key0_encode(found.c) order by (found.c).paid_at, (found.c).id), '[]')
    from (
      select c from key0_challenges c
      where c.state = 'PAID' and c.from_address is not null and c.access_grant is null
        and c.response is null and c.held is null and c.leased_until is null and c.paid_at < p_before::timestamptz
      order by c.paid_at, c.id limit p_limit::bigint) found);
end $$;
`,
  `
create or replace function key0_reserve(
  p_id text, p_payment text, p_intent text, p_key text, p_actor text, p_reason text,
  p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_old key0_challenges;
  v_owner text;
begin
  v_old := key0_lock(p_id, p_now, p_keep::bigint[]);
  if v_old.id is null then return '{"kind":"absent"}'; end if;

  select challenge_id into v_owner from key0_claims where payment_ref = p_payment;
  if v_owner = p_id then return key0_outcome('replayed', v_old); end if;
  if v_owner is not null then
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  if v_old.state <> 'PENDING' or coalesce(v_old.intent_stage, '') = 'OPEN' then
    return key0_outcome('lost', v_old);
  end if;

  insert into key0_claims values (p_payment, p_id, 'RESERVED') on conflict do nothing;
  if not found then
    select challenge_id into strict v_owner from key0_claims where payment_ref = p_payment;
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  return key0_write(p_id, 'PENDING', 'PENDING', jsonb_build_object('intent', p_intent),
    '{intent}', p_key, p_actor, p_reason, key0_start(p_now));
end $$;
`,
  `
create or replace function key0_settle(
  p_id text, p_payment text, p_fields text, p_wrote text, p_key text, p_actor text,
  p_reason text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_fields jsonb := p_fields;
  v_hash text := lower(v_fields ->> 'txHash');
  v_old key0_challenges;
  v_claim key0_claims;
  v_owner text;
begin
  v_old := key0_lock(p_id, p_now, p_keep::bigint[]);
  if v_old.id is null then return '{"kind":"absent"}'; end if;

  select * into v_claim from key0_claims where payment_ref = p_payment;
  if v_claim.challenge_id = p_id and v_claim.disposition = 'APPLIED' then
    return key0_outcome('replayed', v_old);
  end if;
  select owner into v_owner from (
    select v_claim.challenge_id as owner
    union all select challenge_id from key0_claims where payment_ref = v_hash
    union all select challenge_id from key0_seen_txs where tx_hash = v_hash) as claims
  where owner <> p_id limit 1;
  if v_owner is not null then
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  if v_old.state <> 'PENDING'
    or (v_old.intent_stage = 'OPEN' and v_old.intent ->> 'paymentRef' <> p_payment)
  then
    return key0_outcome('lost', v_old);
  end if;

  insert into key0_claims as c values (p_payment, p_id, 'APPLIED')
  on conflict (payment_ref) do update set disposition = 'APPLIED' where c.challenge_id = p_id;
  if not found then
    select challenge_id into strict v_owner from key0_claims where payment_ref = p_payment;
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  return key0_write(p_id, 'PENDING', 'PAID', v_fields, p_wrote::text[], p_key, p_actor, p_reason,
    key0_start(p_now));
end $$;
`,
  `
create or replace function key0_signs(p_now text) returns text language plpgsql as $$
declare
  v_now timestamptz := key0_start(p_now);
begin
  return json_build_object(
    'stored', (select body from key0_witness),
    'lineage', key0_lineage(),
    'highestEvent', greatest(
      (select last from key0_stream), (select max(id) from key0_challenge_audit)),
    'nowMs', round(extract(epoch from v_now) * 1000))::text;
end $$;
`,
  `
create or replace function key0_swap_witness(p_before text, p_after text)
returns text language plpgsql as $$
begin
  perform key0_start(null);
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'local', true);
  end if;
  if p_before is null then
    insert into key0_witness (body) values (p_after) on conflict do nothing;
  else
    update key0_witness set body = p_after where body = p_before;
  end if;
  return found::text;
end $$;
`,
  `
create or replace function key0_sweep(p_now timestamptz, p_keep bigint[], p_limit bigint)
returns bigint language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_over text[];
  v_unpaid text[];
  v_entries bigint[];
  v_count bigint;
begin
  v_over := array(
    select found.id
    from unnest(array['PENDING', 'DELIVERED', 'EXPIRED', 'CANCELLED', 'REFUNDED']) as one (state)
    cross join lateral (
      select c.id from key0_challenges c
      where c.state = one.state and c.kept_from <= key0_cutoff(one.state, p_now, p_keep)
        and key0_forgotten(c, p_now, p_keep)
      order by c.kept_from limit p_limit for update skip locked) found
    limit p_limit);
  if p_keep[1] < p_keep[2] and cardinality(v_over) < p_limit then
    v_over := v_over || array(
      select c.id from key0_challenges c
      where c.state in ('EXPIRED', 'CANCELLED') and c.intent is null
        and c.kept_from <= key0_cutoff('PENDING', p_now, p_keep) and c.id <> all (v_over)
      order by c.kept_from limit p_limit - cardinality(v_over) for update skip locked);
  end if;
  if cardinality(v_over) = 0 then return 0; end if;

  with gone as (
    delete from key0_challenges c where c.id = any (v_over) returning c.id, c.payment_ref
  )
  select array_agg(id) filter (where payment_ref is null), count(*)
  into v_unpaid, v_count from gone;

  with trail as (
    delete from key0_challenge_audit a
    where a.challenge_id = any (v_unpaid) and not exists (
      select from key0_challenge_audit paid
      where paid.challenge_id = a.challenge_id and paid.to_state = 'PAID')
    returning a.id
  )
  select array_agg(id) into v_entries from trail;
  delete from key0_events where entry = any (v_entries);
  delete from key0_waiting where entry in (
    select w.entry from key0_waiting w where w.entry = any (v_entries) for update skip locked);
  return v_count;
end $$;
`,
  `
create or replace function key0_transition(
  p_id text, p_from text, p_to text, p_fields text, p_wrote text, p_version text,
  p_key text, p_actor text, p_reason text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_fields jsonb := p_fields;
  v_old key0_challenges;
  v_given boolean := coalesce(v_fields ->> 'accessGrant', v_fields ->> 'response') is not null;
  v_had boolean;
  v_held boolean;
begin
  v_old := key0_lock(p_id, p_now, p_keep::bigint[]);
  if v_old.id is null then return '{"kind":"absent"}'; end if;
  if exists (
    select from key0_challenge_audit where challenge_id = p_id and key = p_key)
  then
    return key0_outcome('replayed', v_old);
  end if;

  v_had := v_old.access_grant is not null or v_old.response is not null;
  v_held := coalesce(v_old.held, '') <> '';
  if v_old.state <> p_from
    or v_old.version <> coalesce(p_version::bigint, v_old.version)
    or (p_to in ('EXPIRED', 'CANCELLED') and coalesce(v_old.intent_stage, '') = 'OPEN')
    or (p_to = 'DELIVERED' and v_old.refund is not null)
    or (v_old.access_grant is not null and v_fields ? 'accessGrant'
      and v_fields ->> 'accessGrant' is null)
    or (v_old.response is not null and v_fields ? 'response' and v_fields ->> 'response' is null)
    or (p_to = 'DELIVERED' and not v_had and not v_given)
    or (p_to = 'PAID' and v_given and v_old.refund is not null)
    or (p_from = 'PAID' and p_to = 'REFUND_PENDING' and (v_had or v_held))
  then
    return key0_outcome('lost', v_old);
  end if;

  if p_from = 'PAID' and p_to = 'PENDING' and v_old.payment_ref is not null then
    insert into key0_claims as c values (v_old.payment_ref, p_id, 'RESERVED')
    on conflict (payment_ref) do update set disposition = 'RESERVED';
  end if;
  return key0_write(p_id, p_from, p_to, v_fields, p_wrote::text[], p_key, p_actor, p_reason,
    key0_start(p_now));
end $$;
`,
  `
create or replace function key0_used_by(p_hash text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (select to_json(challenge_id) from key0_seen_txs where tx_hash = lower(p_hash));
end $$;
`,
  `
create or replace function key0_write(
  p_id text, p_from text, p_to text, p_fields jsonb, p_wrote text[],
  p_key text, p_actor text, p_reason text, p_now timestamptz)
returns text language plpgsql as $$
declare
  v_new key0_challenges;
begin
  update key0_challenges c set
    state = p_to,
    version = c.version + 1,
    updated_at = p_now,
    next_visit_at = (p_fields ->> 'nextVisitAt')::timestamptz,
    held = case when p_fields ? 'held' then p_fields ->> 'held' else c.held end,
    intent = case when p_fields ? 'intent'
      then (p_fields ->> 'intent')::json else c.intent end,
    payment_ref = case when p_fields ? 'paymentRef'
      then p_fields ->> 'paymentRef' else c.payment_ref end,
    tx_hash = case when p_fields ? 'txHash' then p_fields ->> 'txHash' else c.tx_hash end,
    paid_at = case when p_fields ? 'paidAt'
      then (p_fields ->> 'paidAt')::timestamptz else c.paid_at end,
    from_address = case when p_fields ? 'fromAddress'
      then p_fields ->> 'fromAddress' else c.from_address end,
    paid_block = case when p_fields ? 'paidBlock'
      then (p_fields ->> 'paidBlock')::json else c.paid_block end,
    payment_final = case when p_fields ? 'paymentFinal'
      then (p_fields ->> 'paymentFinal')::boolean else c.payment_final end,
    lease = case when p_fields ? 'lease' then (p_fields ->> 'lease')::json else c.lease end,
    leased_until = timestamptz 'epoch' + interval '1 millisecond' * ((case
      when p_fields ? 'lease' then (p_fields ->> 'lease')::json else c.lease end)
      ->> 'untilMs')::float8,
    access_grant = case when p_fields ? 'accessGrant'
      then (p_fields ->> 'accessGrant')::json else c.access_grant end,
    response = case when p_fields ? 'response'
      then (p_fields ->> 'response')::json else c.response end,
    delivered_at = case when p_fields ? 'deliveredAt'
      then (p_fields ->> 'deliveredAt')::timestamptz else c.delivered_at end,
    refund = case when p_fields ? 'refund'
      then (p_fields ->> 'refund')::json else c.refund end,
    refund_tx_hash = case when p_fields ? 'refundTxHash'
      then p_fields ->> 'refundTxHash' else c.refund_tx_hash end,
    refunded_at = case when p_fields ? 'refundedAt'
      then (p_fields ->> 'refundedAt')::timestamptz else c.refunded_at end,
    refund_error = case when p_fields ? 'refundError'
      then p_fields ->> 'refundError' else c.refund_error end,
    disposition = case when p_fields ? 'disposition'
      then p_fields ->> 'disposition' else c.disposition end,
    released_at = case when p_fields ? 'releasedAt'
      then (p_fields ->> 'releasedAt')::timestamptz else c.released_at end
  where c.id = p_id and c.state = p_from
  returning c.* into strict v_new;

  insert into key0_challenge_audit
    (challenge_id, version, from_state, to_state, key, at, actor, reason, wrote)
  values (p_id, v_new.version, p_from, p_to, p_key, p_now, p_actor, p_reason, p_wrote);
  return key0_outcome('applied', v_new);
end $$;
`,
]
