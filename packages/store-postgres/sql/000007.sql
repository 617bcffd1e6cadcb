-- 000007: a refund that came late is kept for a while longer. Only functions change.
set local lock_timeout = '3s';
