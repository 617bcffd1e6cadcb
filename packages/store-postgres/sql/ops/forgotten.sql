-- forgotten: whether the time of a challenge is over. Null while kept_from is.
-- A refund is kept at least as long as a delivery, however late it came: its payer may ask for it.
create or replace function key0_forgotten(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
    and (c.state <> 'REFUNDED'
      or coalesce(c.refunded_at, c.kept_from) <= key0_cutoff('DELIVERED', p_now, p_keep))
$$;
