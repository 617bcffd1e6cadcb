-- 000002: whether the data still continues what it was, and two more facts of a challenge.
--
-- Small enough to run while gateways of the release before sell: no table is rewritten or read,
-- and a database in which somebody keeps a table open is refused rather than blocked for good.
-- Their calls keep their names and arguments, so they go on with the new functions.
set local lock_timeout = '3s';

-- The last sign of life, as core writes it. One row, swapped whole.
create table key0_witness (
  id smallint primary key default 1 check (id = 1),
  body text not null
);

-- Every row has null here, which no check refuses: nothing has to be read to believe it.
alter table key0_challenges
  add column disposition text,
  add column released_at timestamptz,
  add constraint key0_challenges_disposition
    check (disposition in ('SURPLUS', 'LATE', 'UNDER', 'UNMATCHED')) not valid;

drop trigger key0_challenges_version on key0_challenges;

create trigger key0_challenges_version before update of
  state, version, updated_at, intent, payment_ref, tx_hash, paid_at, from_address, paid_block,
  payment_final, lease, access_grant, delivered_at, refund, refund_tx_hash, refunded_at,
  refund_error, held, next_visit_at, disposition, released_at
on key0_challenges
for each row when (new.version <> old.version + 1)
execute function key0_refuse('every write raises the version by one');
