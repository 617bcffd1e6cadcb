-- 000003: a refund that waits for a person is found like any other open work.
--
-- The index is of those few challenges alone; making it reads the table once, and writes wait.
set local lock_timeout = '3s';

create index key0_challenges_failed on key0_challenges (coalesce(next_visit_at, updated_at), id)
  where state = 'REFUND_FAILED';
