-- write: what every move does once nothing stands against it: fields, version, trail.
-- The caller holds the challenge's row lock and has seen it in p_from.
-- p_fields: name -> text, null to remove; p_wrote: the names, as the trail tells them.
-- A visit that was agreed on belongs to the state it was agreed in; a move starts afresh.
create or replace function key0_write(
  p_id text, p_from text, p_to text, p_fields jsonb, p_wrote text[],
  p_key text, p_actor text, p_reason text, p_now timestamptz)
returns text language plpgsql as $$
declare
  v_new key0_challenges;
begin
  update key0_challenges c set
    state = p_to,
    version = c.version + 1,
    updated_at = p_now,
    next_visit_at = (p_fields ->> 'nextVisitAt')::timestamptz,
    held = case when p_fields ? 'held' then p_fields ->> 'held' else c.held end,
    intent = case when p_fields ? 'intent'
      then (p_fields ->> 'intent')::json else c.intent end,
    payment_ref = case when p_fields ? 'paymentRef'
      then p_fields ->> 'paymentRef' else c.payment_ref end,
    tx_hash = case when p_fields ? 'txHash' then p_fields ->> 'txHash' else c.tx_hash end,
    paid_at = case when p_fields ? 'paidAt'
      then (p_fields ->> 'paidAt')::timestamptz else c.paid_at end,
    from_address = case when p_fields ? 'fromAddress'
      then p_fields ->> 'fromAddress' else c.from_address end,
    paid_block = case when p_fields ? 'paidBlock'
      then (p_fields ->> 'paidBlock')::json else c.paid_block end,
    payment_final = case when p_fields ? 'paymentFinal'
      then (p_fields ->> 'paymentFinal')::boolean else c.payment_final end,
    lease = case when p_fields ? 'lease' then (p_fields ->> 'lease')::json else c.lease end,
    leased_until = timestamptz 'epoch' + interval '1 millisecond' * ((case
      when p_fields ? 'lease' then (p_fields ->> 'lease')::json else c.lease end)
      ->> 'untilMs')::float8,
    access_grant = case when p_fields ? 'accessGrant'
      then (p_fields ->> 'accessGrant')::json else c.access_grant end,
    response = case when p_fields ? 'response'
      then (p_fields ->> 'response')::json else c.response end,
    delivered_at = case when p_fields ? 'deliveredAt'
      then (p_fields ->> 'deliveredAt')::timestamptz else c.delivered_at end,
    refund = case when p_fields ? 'refund'
      then (p_fields ->> 'refund')::json else c.refund end,
    refund_tx_hash = case when p_fields ? 'refundTxHash'
      then p_fields ->> 'refundTxHash' else c.refund_tx_hash end,
    refunded_at = case when p_fields ? 'refundedAt'
      then (p_fields ->> 'refundedAt')::timestamptz else c.refunded_at end,
    refund_error = case when p_fields ? 'refundError'
      then p_fields ->> 'refundError' else c.refund_error end,
    disposition = case when p_fields ? 'disposition'
      then p_fields ->> 'disposition' else c.disposition end,
    released_at = case when p_fields ? 'releasedAt'
      then (p_fields ->> 'releasedAt')::timestamptz else c.released_at end
  where c.id = p_id and c.state = p_from
  returning c.* into strict v_new;

  insert into key0_challenge_audit
    (challenge_id, version, from_state, to_state, key, at, actor, reason, wrote)
  values (p_id, v_new.version, p_from, p_to, p_key, p_now, p_actor, p_reason, p_wrote);
  return key0_outcome('applied', v_new);
end $$;
