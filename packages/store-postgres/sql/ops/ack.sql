-- ack: remembers how far a consumer came; a late call never takes it back.
create or replace function key0_ack(p_consumer text, p_sequence text)
returns text language plpgsql as $$
begin
  insert into key0_acks as a values (p_consumer, p_sequence::bigint)
  on conflict (consumer) do update set sequence = excluded.sequence
  where a.sequence < excluded.sequence;
  return null;
end $$;
