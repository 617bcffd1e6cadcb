-- 000007: a refund that came late is kept for a while longer, and a price that nobody tried to pay no
-- longer than a pending one. Those are found by an index of their own.
set local lock_timeout = '3s';

create index key0_challenges_unpaid on key0_challenges (kept_from)
  where state in ('EXPIRED', 'CANCELLED') and intent is null and kept_from is not null;
