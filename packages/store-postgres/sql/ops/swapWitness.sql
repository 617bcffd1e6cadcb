-- swapWitness: puts p_after in the place of p_before (null: of nothing), if that still stands
-- there. Returns whether it did. Of two who swap at once the second waits, and sees the first.
-- It waits for the disk even where nothing else does: with it everything before it is safe, so a
-- crash loses at most what came after the last sign of life.
create or replace function key0_swap_witness(p_before text, p_after text)
returns text language plpgsql as $$
begin
  perform key0_start(null);
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'local', true);
  end if;
  if p_before is null then
    insert into key0_witness (body) values (p_after) on conflict do nothing;
  else
    update key0_witness set body = p_after where body = p_before;
  end if;
  return found::text;
end $$;
