-- document_get: the text under a name. Returns JSON; null: none.
create or replace function key0_document_get(p_name text)
returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (select to_json(body) from key0_documents where name = p_name);
end $$;
