-- document_list: up to p_limit texts whose names are in [p_prefix, p_end) and behind p_after.
create or replace function key0_document_list(
  p_prefix text, p_end text, p_after text, p_limit text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
begin
  perform key0_start(null);
  return (
    select coalesce(json_agg(json_build_object('name', name, 'text', body) order by name), '[]')
    from (
      select d.name, d.body from key0_documents d
      where d.name >= p_prefix and d.name < p_end and d.name > p_after
      order by d.name limit p_limit::bigint) found);
end $$;
