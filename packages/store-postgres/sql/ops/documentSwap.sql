-- document_swap: puts p_after in the place of exactly p_before; null is nothing.
-- Of two who swap at once the second waits, and sees the first.
-- Returns {kind: applied | replayed} or {kind: lost, text: what stands there}.
create or replace function key0_document_swap(p_name text, p_before text, p_after text)
returns text language plpgsql as $$
declare
  v_found text;
begin
  perform key0_start(null);
  if p_before is null and p_after is not null then
    insert into key0_documents (name, body) values (p_name, p_after) on conflict do nothing;
  elsif p_after is null then
    delete from key0_documents where name = p_name and body = p_before;
  else
    update key0_documents set body = p_after where name = p_name and body = p_before;
  end if;
  if found then return '{"kind":"applied"}'; end if;
  select body into v_found from key0_documents where name = p_name;
  if v_found is not distinct from p_after then return '{"kind":"replayed"}'; end if;
  return json_build_object('kind', 'lost', 'text', v_found);
end $$;
