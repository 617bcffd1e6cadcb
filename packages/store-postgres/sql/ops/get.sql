-- get: one challenge by its id, unless it is forgotten. Returns the record, or null.
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
