-- number: gives places in the event stream to up to p_limit committed entries (null: all), of one
-- challenge if named.
-- Entries are written without a place: a sequence drawn while writing becomes visible in the order
-- of commits, and a reader who has passed 6 would never see 5. So places are given afterwards, to
-- what is committed, by one caller at a time, who commits before the next begins: whoever sees a
-- place has seen, or can see, every place before it. Writers wait for nobody, and no other
-- transaction of the server, however long, holds the stream up. Per challenge the entry's id rises
-- with the version, because both are given under its row lock, so the stream keeps each
-- challenge's order.
create or replace function key0_number(p_limit bigint, p_challenge text)
returns void language plpgsql as $$
declare
  v_entries bigint[];
  v_last bigint;
begin
  if p_challenge is null then
    if not exists (select from key0_waiting) then return; end if;
  elsif not exists (
    select from key0_challenge_audit a join key0_waiting w on w.entry = a.id
    where a.challenge_id = p_challenge)
  then
    return;
  end if;

  select last into strict v_last from key0_stream for update;
  if p_challenge is null then
    v_entries := array(select entry from key0_waiting order by entry limit p_limit);
  else
    v_entries := array(
      select a.id from key0_challenge_audit a join key0_waiting w on w.entry = a.id
      where a.challenge_id = p_challenge order by a.id);
  end if;
  insert into key0_events
  select v_last + place, entry from unnest(v_entries) with ordinality as waiting (entry, place);
  delete from key0_waiting where entry = any (v_entries);
  update key0_stream set last = v_last + cardinality(v_entries);
end $$;
