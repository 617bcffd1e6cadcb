-- getClaim: who owns a payment. Returns the claim, or null.
create or replace function key0_get_claim(p_payment text) returns text language plpgsql as $$
begin
  perform key0_start(null);
  return (
    select json_build_object(
      'paymentRef', payment_ref, 'challengeId', challenge_id, 'disposition', disposition)
    from key0_claims where payment_ref = p_payment);
end $$;
