-- lock: the challenge, locked until the end of the step, unless it is absent or forgotten.
-- Lock order is always challenge, then payment. The reverse deadlocks under load.
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
