-- reserve: writes a settlement intent and claims its payment RESERVED, or says exactly why not.
-- Returns, in order of precedence: absent | replayed | foreign (owner) | lost | applied.
-- p_intent: the intent's JSON text.
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

  -- The unique key decides a race between two challenges: the loser waits, then sees the owner.
  insert into key0_claims values (p_payment, p_id, 'RESERVED') on conflict do nothing;
  if not found then
    select challenge_id into strict v_owner from key0_claims where payment_ref = p_payment;
    return json_build_object('kind', 'foreign', 'owner', v_owner)::text;
  end if;
  return key0_write(p_id, 'PENDING', 'PENDING', jsonb_build_object('intent', p_intent),
    '{intent}', p_key, p_actor, p_reason, key0_start(p_now));
end $$;
