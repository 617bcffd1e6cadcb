-- outcome: what a write did, with the record as it is now.
create or replace function key0_outcome(p_kind text, c key0_challenges)
returns text language sql stable as $$
  select json_build_object('kind', p_kind, 'record', key0_encode(c))::text
$$;
