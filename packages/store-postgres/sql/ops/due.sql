-- due: what a worker must continue by p_until, the longest overdue first; of one state if named.
-- Each state is asked for its own head, so one index answers both questions; refunds that wait for
-- a person are few and have an index of their own.
create or replace function key0_due(
  p_until text, p_limit text, p_state text, p_now text, p_keep text)
returns text language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  v_now timestamptz := key0_start(p_now);
  v_keep bigint[] := p_keep;
  v_states text[] := case when p_state is null
    then array['PENDING', 'PAID', 'REFUND_PENDING', 'REFUND_FAILED', 'DELIVERED'] else array[p_state] end;
begin
  -- Forgotten challenges that nobody sweeps would stand at the head for good.
  perform key0_sweep(v_now, v_keep, p_limit::bigint);
  return (
    select coalesce(json_agg(key0_encode(found.c) order by found.at, (found.c).id), '[]')
    from (
      select head.c, head.at
      from unnest(v_states) as one (state)
      cross join lateral (
        (select c, c.due_at as at from key0_challenges c
        where c.state = one.state and c.due_at <= p_until::timestamptz
          and key0_forgotten(c, v_now, v_keep) is not true
        order by c.due_at, c.id limit p_limit::bigint)
        union all
        (select c, coalesce(c.next_visit_at, c.updated_at) as at from key0_challenges c
        where one.state = 'REFUND_FAILED' and c.state = 'REFUND_FAILED'
          and coalesce(c.next_visit_at, c.updated_at) <= p_until::timestamptz
        order by coalesce(c.next_visit_at, c.updated_at), c.id limit p_limit::bigint)) head
      order by head.at, (head.c).id limit p_limit::bigint) found);
end $$;
