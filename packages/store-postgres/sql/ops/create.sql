-- create: inserts a PENDING challenge, or shows the one that has its id or its request.
-- Returns applied | replayed. The two unique keys decide every race; nothing is locked ahead.
-- p_base: name -> text. It forgets a few others at its end, when nothing is left to wait for.
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
      -- Whoever has moved it since may have made it live again: then its version is another.
      update key0_challenges c set holds_request = false
      where c.id = v_old.id and c.version = v_old.version;
    end if;
  end loop;
end $$;
