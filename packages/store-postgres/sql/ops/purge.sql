-- purge: forgets up to p_limit challenges whose time was over at p_before (null: by now).
-- Returns {removed}.
create or replace function key0_purge(p_before text, p_keep text, p_limit text)
returns text language plpgsql as $$
begin
  return json_build_object('removed',
    key0_sweep(key0_start(p_before), p_keep::bigint[], p_limit::bigint))::text;
end $$;
