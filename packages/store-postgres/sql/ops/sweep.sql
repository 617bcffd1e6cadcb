-- sweep: forgets up to p_limit challenges whose time is over; returns how many.
-- Only kept_from lets one go, which is null while money is owed, held or may still arrive. The
-- trail goes along when nothing was ever paid. It skips what is locked, so it never waits.
--
-- Nearly every call finds nothing, so that is found out first, by a plan that is made once. It must
-- be one that walks the index, whatever the tables looked like when it was made.
create or replace function key0_sweep(p_now timestamptz, p_keep bigint[], p_limit bigint)
returns bigint language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_over text[];
  v_unpaid text[];
  v_entries bigint[];
  v_count bigint;
begin
  v_over := array(
    select found.id
    from unnest(array['PENDING', 'DELIVERED', 'EXPIRED', 'CANCELLED', 'REFUNDED']) as one (state)
    cross join lateral (
      select c.id from key0_challenges c
      where c.state = one.state and c.kept_from <= key0_cutoff(one.state, p_now, p_keep)
        and key0_forgotten(c, p_now, p_keep)
      order by c.kept_from limit p_limit for update skip locked) found
    limit p_limit);
  -- What somebody tried to pay stands among the closed prices, and is in no way of the others.
  if p_keep[1] < p_keep[2] and cardinality(v_over) < p_limit then
    v_over := v_over || array(
      select c.id from key0_challenges c
      where c.state in ('EXPIRED', 'CANCELLED') and c.intent is null
        and c.kept_from <= key0_cutoff('PENDING', p_now, p_keep) and c.id <> all (v_over)
      order by c.kept_from limit p_limit - cardinality(v_over) for update skip locked);
  end if;
  if cardinality(v_over) = 0 then return 0; end if;

  with gone as (
    delete from key0_challenges c where c.id = any (v_over) returning c.id, c.payment_ref
  )
  select array_agg(id) filter (where payment_ref is null), count(*)
  into v_unpaid, v_count from gone;

  with trail as (
    delete from key0_challenge_audit a
    where a.challenge_id = any (v_unpaid) and not exists (
      select from key0_challenge_audit paid
      where paid.challenge_id = a.challenge_id and paid.to_state = 'PAID')
    returning a.id
  )
  select array_agg(id) into v_entries from trail;
  delete from key0_events where entry = any (v_entries);
  -- What is locked is being given a place just now, by somebody who may wait for us.
  delete from key0_waiting where entry in (
    select w.entry from key0_waiting w where w.entry = any (v_entries) for update skip locked);
  return v_count;
end $$;
