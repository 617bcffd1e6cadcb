import type { AuditEntry, ChallengeRecord, ChallengeStore } from '@key0/core'

/** The whole audit trail, of all records. */
export async function listEntries(store: ChallengeStore): Promise<readonly AuditEntry[]> {
  const all: AuditEntry[] = []
  for (let after = 0; ; ) {
    const entries = await store.events(after, 500)
    all.push(...entries)
    const last = entries.at(-1)
    if (!last) return all
    after = last.sequence
  }
}

/** Every record, by way of the audit trail: a store has no list of its own. */
export async function listRecords(store: ChallengeStore): Promise<readonly ChallengeRecord[]> {
  const entries = await listEntries(store)
  const ids = [...new Set(entries.map(({ challengeId }) => challengeId))]
  const records = await Promise.all(ids.map((id) => store.get(id)))
  return records.filter((record) => record !== undefined)
}
