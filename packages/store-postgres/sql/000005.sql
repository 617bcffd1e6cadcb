-- 000005: small texts that processes agree on, such as how far notifications are delivered.
--
-- A new table beside the others: nothing is rewritten, and older releases never look at it.
set local lock_timeout = '3s';

create table key0_documents (
  name text collate "C" primary key,
  body text not null
);
