import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ChallengeRecord } from '@key0/core'
import { decodeRecord, type EncodedRecord } from '@key0/core/local'

/**
 * The gateway's database seen from beside it, without a step of its own: what a fault looks at to
 * choose its moment, and the lock that keeps the gateway from writing.
 */
export type Ledger = {
  readonly records: () => readonly ChallengeRecord[]
  /** Takes the write lock: from now on the gateway can read and not write. */
  readonly lock: () => void
  readonly unlock: () => void
  readonly close: () => void
}

export function openLedger(dataDir: string): Ledger {
  const path = join(dataDir, 'key0.sqlite')
  const reader = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  const locker = new DatabaseSync(path, { timeout: 5_000 })
  let isLocked = false
  const unlock = (): void => {
    if (isLocked) locker.exec('rollback')
    isLocked = false
  }
  return {
    records: () =>
      reader
        .prepare('select body from records')
        .all()
        .map(({ body }) => decodeRecord(JSON.parse(`${body}`) as EncodedRecord)),
    lock: () => {
      if (!isLocked) locker.exec('begin immediate')
      isLocked = true
    },
    unlock,
    close: () => {
      unlock()
      reader.close()
      locker.close()
    },
  }
}
