-- forgotten: whether the time of a challenge is over. Not true while kept_from is null.
-- A price that was only asked goes when pending ones go. A refund is kept at least as long as a
-- delivery, however late it came: its payer may ask for it.
create or replace function key0_forgotten(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select case
    when c.state in ('EXPIRED', 'CANCELLED') and c.intent is null then c.kept_from <= greatest(
      key0_cutoff(c.state, p_now, p_keep), key0_cutoff('PENDING', p_now, p_keep))
    when c.state = 'REFUNDED' then c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
      and coalesce(c.refunded_at, c.kept_from) <= key0_cutoff('DELIVERED', p_now, p_keep)
    else c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
  end
$$;
