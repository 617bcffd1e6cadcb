-- start: what every operation asks first: is this the primary, and what time is it?
-- p_now: an instant to go by, or null for the database's clock. It is read after the locks, so a
-- caller who waited decides by the time at which it was let in.
-- Raises 25006 on a standby: what it knows may be old, and old news about money is wrong.
create or replace function key0_start(p_now text) returns timestamptz language plpgsql as $$
begin
  if pg_is_in_recovery() then
    raise exception 'this server is a standby; connect to the primary' using errcode = '25006';
  end if;
  return coalesce(p_now::timestamptz, date_trunc('milliseconds', clock_timestamp()));
end $$;
