-- cutoff: a challenge in p_state whose kept_from is after this instant is not forgotten yet, but for
-- a closed price that nobody tried to pay: it is kept as a pending one is, where that is shorter.
-- p_keep: how long unpaid, settled and delivered challenges are kept, in milliseconds.
create or replace function key0_cutoff(p_state text, p_now timestamptz, p_keep bigint[])
returns timestamptz language sql stable as $$
  select p_now - interval '1 millisecond' * (case p_state
    when 'PENDING' then p_keep[1] when 'DELIVERED' then p_keep[3] else p_keep[2] end)
$$;
