-- forgotten: whether the time of a challenge is over. Null while kept_from is.
-- What somebody tried to pay is kept longer than a price that was only asked. A refund is kept at
-- least as long as a delivery, however late it came: its payer may ask for it.
create or replace function key0_forgotten(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select c.kept_from <= key0_cutoff(c.state, p_now, p_keep)
    and case
      when c.state = 'REFUNDED'
        then coalesce(c.refunded_at, c.kept_from) <= key0_cutoff('DELIVERED', p_now, p_keep)
      when c.state in ('EXPIRED', 'CANCELLED') and c.intent is not null
        then c.kept_from <= key0_cutoff('REFUNDED', p_now, p_keep)
      else true
    end
$$;
