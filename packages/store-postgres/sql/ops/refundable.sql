-- refundable: payments that may go back: paid before p_before, the oldest first.
-- A lease ends once, so noting those that ended costs no more than taking them did; after that
-- the index holds nothing but what is eligible.
create or replace function key0_refundable(p_before text, p_limit text, p_now text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_now timestamptz := key0_start(p_now);
begin
  update key0_challenges c set leased_until = null
  where c.id in (
    select ended.id from key0_challenges ended
    where ended.state = 'PAID' and ended.from_address is not null
      and ended.access_grant is null and ended.response is null and ended.held is null
      and ended.leased_until is not null and ended.leased_until <= v_now
    order by ended.leased_until limit 1000 for update skip locked);

  return (
    select coalesce(json_agg(key0_encode(found.c) order by (found.c).paid_at, (found.c).id), '[]')
    from (
      select c from key0_challenges c
      where c.state = 'PAID' and c.from_address is not null and c.access_grant is null
        and c.response is null and c.held is null and c.leased_until is null and c.paid_at < p_before::timestamptz
      order by c.paid_at, c.id limit p_limit::bigint) found);
end $$;
