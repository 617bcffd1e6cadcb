-- signs: what the database says of itself at a beat, and the last sign of life.
-- Returns {stored, lineage, highestEvent, nowMs}.
-- Only committed rows count: a sequence may go back in a crash to what nobody wrote. The last
-- place of the stream never falls when a trail is forgotten, and an entry counts before it has a
-- place; there are never more places than entries, so a place that was seen is never above both.
create or replace function key0_signs(p_now text) returns text language plpgsql as $$
declare
  v_now timestamptz := key0_start(p_now);
begin
  return json_build_object(
    'stored', (select body from key0_witness),
    'lineage', key0_lineage(),
    'highestEvent', greatest(
      (select last from key0_stream), (select max(id) from key0_challenge_audit)),
    'nowMs', round(extract(epoch from v_now) * 1000))::text;
end $$;
