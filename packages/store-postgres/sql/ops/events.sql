-- events: the stream over all challenges: up to p_limit entries after the place p_after.
create or replace function key0_events(p_after text, p_limit text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  perform key0_start(null);
  perform key0_number(p_limit::bigint, null);
  return (
    select coalesce(json_agg(key0_entry(found.a, found.sequence) order by found.sequence), '[]')
    from (
      select a, e.sequence from key0_events e join key0_challenge_audit a on a.id = e.entry
      where e.sequence > p_after::bigint order by e.sequence limit p_limit::bigint) found);
end $$;
