-- markUsed: claims a transaction for a challenge. Returns true for exactly one caller, ever.
create or replace function key0_mark_used(p_hash text, p_id text)
returns text language plpgsql as $$
begin
  insert into key0_seen_txs (tx_hash, challenge_id) values (lower(p_hash), p_id)
  on conflict do nothing;
  return found::text;
end $$;
