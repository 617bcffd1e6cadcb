-- isLive: whether a request id still names this challenge, or is free for a new one.
create or replace function key0_is_live(c key0_challenges, p_now timestamptz, p_keep bigint[])
returns boolean language sql stable as $$
  select key0_forgotten(c, p_now, p_keep) is not true
    and c.state not in ('EXPIRED', 'CANCELLED')
    and (c.state <> 'PENDING' or coalesce(c.intent_stage = 'OPEN', false) or c.expires_at > p_now)
$$;
