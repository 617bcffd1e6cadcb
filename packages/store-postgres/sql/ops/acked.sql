-- acked: how far a consumer came. Returns a number; 0 when it never said anything.
create or replace function key0_acked(p_consumer text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return coalesce((select sequence from key0_acks where consumer = p_consumer), 0)::text;
end $$;
