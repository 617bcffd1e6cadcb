-- usedBy: the challenge that claimed a transaction. Returns its id as JSON, or null.
create or replace function key0_used_by(p_hash text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (select to_json(challenge_id) from key0_seen_txs where tx_hash = lower(p_hash));
end $$;
