import type { AuditEntry } from '@key0/core'

type Stored = readonly [
  key: string,
  sequence: string,
  version: string,
  from: string,
  to: string,
  at: string,
  actor: string,
  wrote: string,
  reason?: string,
]

/** Reads an entry as `audit` in `ops/includes/records.lua` writes it. */
export function decodeEntry(challengeId: string, text: string): AuditEntry {
  const [key, sequence, version, from, to, at, actor, wrote, reason] = JSON.parse(text) as Stored
  return {
    sequence: Number(sequence),
    challengeId,
    version: Number(version),
    from: from === '' ? null : (from as AuditEntry['to']),
    to: to as AuditEntry['to'],
    key,
    at: new Date(at),
    actor,
    ...(reason !== undefined && { reason }),
    wrote: wrote === '' ? [] : wrote.split(','),
  }
}
