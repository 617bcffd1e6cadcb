-- settle: claims the payment APPLIED and moves PENDING -> PAID, or says exactly why not.
-- Returns, in order of precedence: absent | replayed | foreign (owner) | lost | applied.
-- A claim that an older deployment left under the plain transaction hash counts, wherever it is.
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

  -- The unique key decides a race between two challenges: the loser waits, then sees the owner.
  insert into key0_claims as c values (p_payment, p_id, 'APPLIED')
  on conflict (payment_ref) do update set disposition = 'APPLIED' where c.challenge_id = p_id;
  if not found then
    select challenge_id into strict v_owner from key0_claims where payment_ref = p_payment;
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  return key0_write(p_id, 'PENDING', 'PAID', v_fields, p_wrote::text[], p_key, p_actor, p_reason,
    key0_start(p_now));
end $$;
