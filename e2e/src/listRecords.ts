import type { ChallengeRecord, ChallengeStore } from '@key0/core'

/** Every record, by way of the audit trail: a store has no list of its own. */
export async function listRecords(store: ChallengeStore): Promise<readonly ChallengeRecord[]> {
  const ids = new Set<string>()
  for (let after = 0; ; ) {
    const entries = await store.events(after, 500)
    for (const { challengeId } of entries) ids.add(challengeId)
    const last = entries.at(-1)
    if (!last) break
    after = last.sequence
  }
  const records = await Promise.all([...ids].map((id) => store.get(id)))
  return records.filter((record) => record !== undefined)
}
