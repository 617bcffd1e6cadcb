-- transition: compare-and-swap for every move but the settlement, which the caller has checked
-- against the lifecycle's table (and so do the table's own triggers).
-- Returns, in order of precedence: absent | replayed | lost | applied.
-- The guards are those of core's lifecycle/guard.ts, in its order.
create or replace function key0_transition(
  p_id text, p_from text, p_to text, p_fields text, p_wrote text, p_version text,
  p_key text, p_actor text, p_reason text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_fields jsonb := p_fields;
  v_old key0_challenges;
  -- What the buyer gets: the grant of a plan, or the response to a request.
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
    -- A settlement is under way.
    or (p_to in ('EXPIRED', 'CANCELLED') and coalesce(v_old.intent_stage, '') = 'OPEN')
    -- The money goes back.
    or (p_to = 'DELIVERED' and v_old.refund is not null)
    -- The grant or response may have left already.
    or (v_old.access_grant is not null and v_fields ? 'accessGrant'
      and v_fields ->> 'accessGrant' is null)
    or (v_old.response is not null and v_fields ? 'response' and v_fields ->> 'response' is null)
    -- Nothing to deliver.
    or (p_to = 'DELIVERED' and not v_had and not v_given)
    -- The money goes back.
    or (p_to = 'PAID' and v_given and v_old.refund is not null)
    -- The buyer has what it paid for, or the money is held.
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
