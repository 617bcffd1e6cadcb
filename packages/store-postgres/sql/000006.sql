-- 000006: a challenge may sell one request: which one, and the response that was stored for it.
--
-- Two columns that are null in every row there is, so no table is rewritten or read. Gateways of
-- the release before go on: they neither create such challenges nor deliver them, and refund one
-- that is PAID as any other.
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
