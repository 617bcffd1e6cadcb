-- entry: one line of the trail, with its place in the event stream.
create or replace function key0_entry(a key0_challenge_audit, p_sequence bigint)
returns json language sql stable as $$
  select json_build_object(
    'sequence', p_sequence,
    'challengeId', a.challenge_id,
    'version', a.version,
    'from', a.from_state,
    'to', a.to_state,
    'key', a.key,
    'at', key0_iso(a.at),
    'actor', a.actor,
    'reason', a.reason,
    'wrote', a.wrote)
$$;
