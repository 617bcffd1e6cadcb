-- postpone: moves the next visit, or notes that the payment became final; no trail, no transition.
-- Returns, in order of precedence: absent | lost | applied.
create or replace function key0_postpone(
  p_id text, p_version text, p_visit text, p_final text, p_now text, p_keep text)
returns text language plpgsql as $$
declare
  v_old key0_challenges;
  v_new key0_challenges;
begin
  v_old := key0_lock(p_id, p_now, p_keep::bigint[]);
  if v_old.id is null then return '{"kind":"absent"}'; end if;
  if v_old.version <> p_version::bigint then return key0_outcome('lost', v_old); end if;

  update key0_challenges c set
    version = c.version + 1,
    next_visit_at = p_visit::timestamptz,
    payment_final = coalesce(p_final::boolean, c.payment_final)
  where c.id = p_id
  returning c.* into strict v_new;
  return key0_outcome('applied', v_new);
end $$;
