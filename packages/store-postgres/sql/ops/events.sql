-- events: the stream over all challenges: up to p_limit entries after the place p_after.
create or replace function key0_events(p_after text, p_limit text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  perform key0_start(null);
  perform key0_number(p_limit::bigint, null);
  return (
    select coalesce(json_agg(key0_entry(found.a) order by (found.a).sequence), '[]')
    from (
      select a from key0_challenge_audit a
      where a.sequence > p_after::bigint order by a.sequence limit p_limit::bigint) found);
end $$;
