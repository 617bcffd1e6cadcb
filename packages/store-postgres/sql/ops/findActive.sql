-- findActive: the live challenge that a scope and a request id name. Returns the record, or null.
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
