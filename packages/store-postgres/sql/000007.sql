-- 000007: a refund that came late is kept for a while longer, and a price that was only asked no
-- longer than an unpaid challenge. Only functions change.
set local lock_timeout = '3s';
