-- number: gives places in the event stream to up to p_limit committed entries (of one challenge
-- if named).
-- Entries are written without a place: a sequence drawn while writing becomes visible in the order
-- of commits, and a reader who has passed 6 would never see 5. So places are given afterwards, to
-- what is committed, by one caller at a time, who commits before the next begins: whoever sees a
-- place has seen, or can see, every place before it. Writers wait for nobody, and no other
-- transaction of the server, however long, holds the stream up. Per challenge `id` rises with the
-- version, because both are given under its row lock, so the stream keeps each challenge's order.
create or replace function key0_number(p_limit bigint, p_challenge text)
returns void language plpgsql as $$
declare
  v_last bigint;
  v_count bigint;
begin
  if p_challenge is null then
    if not exists (select from key0_challenge_audit where sequence is null) then return; end if;
    select last into strict v_last from key0_stream for update;
    with waiting as (
      select w.id, row_number() over (order by w.id) as place
      from (
        select a.id from key0_challenge_audit a
        where a.sequence is null order by a.id limit p_limit) w)
    update key0_challenge_audit a set sequence = v_last + waiting.place
    from waiting where a.id = waiting.id;
  else
    if not exists (
      select from key0_challenge_audit where challenge_id = p_challenge and sequence is null)
    then return; end if;
    select last into strict v_last from key0_stream for update;
    with waiting as (
      select a.id, row_number() over (order by a.id) as place
      from key0_challenge_audit a where a.challenge_id = p_challenge and a.sequence is null)
    update key0_challenge_audit a set sequence = v_last + waiting.place
    from waiting where a.id = waiting.id;
  end if;
  get diagnostics v_count = row_count;
  update key0_stream set last = v_last + v_count;
end $$;
