-- history: the trail of one challenge, oldest first.
create or replace function key0_history(p_id text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  perform key0_number(null, p_id);
  return (
    select coalesce(json_agg(key0_entry(a, e.sequence) order by a.version), '[]')
    from key0_challenge_audit a join key0_events e on e.entry = a.id
    where a.challenge_id = p_id);
end $$;
