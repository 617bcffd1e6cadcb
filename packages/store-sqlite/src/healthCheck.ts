import { statfsSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { StoreHealth } from '@key0/core'
import { pragma, type Synchronous } from './openDatabase.ts'

/** Beyond this size a look at every page would stop the process for too long. */
const CHECKED_BYTES = 64 * 1024 * 1024

/** File systems by Linux's magic numbers: where locks or the disk are not what SQLite needs. */
const networked = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x00c36400, 0x01021997])
const inMemory = new Set([0x01021994, 0x858458f6])

/**
 * Looks at the file's pages once, when it is small enough, and at whether the store can be
 * written each time it is asked.
 */
export function createHealthCheck(
  db: DatabaseSync,
  path: string,
  synchronous: Synchronous,
): () => StoreHealth {
  let damage: readonly string[] | undefined
  return () => {
    try {
      damage ??= findDamage(db)
      const unwritable = probeWrite(db)
      const lasting = problemsOfFileSystem(statfsSync(path).type)
      const open = statSync(path).mode & 0o007 ? ['The database can be read by everybody.'] : []
      const lax =
        synchronous === 'NORMAL' ? ['The last writes may be lost when the machine fails.'] : []
      return {
        ok: damage.length === 0 && unwritable.length === 0,
        durable: lax.length === 0 && lasting.length === 0,
        problems: [...damage, ...unwritable, ...lasting, ...lax, ...open],
      }
    } catch (error) {
      return { ok: false, durable: false, problems: [`The database cannot be read: ${error}`] }
    }
  }
}

/** What speaks against keeping money on a file system of this kind. */
export function problemsOfFileSystem(type: number): readonly string[] {
  if (networked.has(type)) return ['The database is on a network file system: its locks may fail.']
  if (inMemory.has(type)) return ['The database is in memory: it is gone when the machine stops.']
  return []
}

function findDamage(db: DatabaseSync): readonly string[] {
  if (pragma(db, 'page_count') * pragma(db, 'page_size') > CHECKED_BYTES) return []
  const rows = db.prepare('pragma quick_check(3)').all()
  const found = rows.map((row) => String(row.quick_check)).filter((text) => text !== 'ok')
  return found.map((text) => `The database is damaged: ${text}`)
}

/** Taking the write lock shows a read-only file, a dead lock holder and a lost file handle. */
function probeWrite(db: DatabaseSync): readonly string[] {
  try {
    db.exec('begin immediate; rollback')
    return []
  } catch (error) {
    return [`The database cannot be written: ${error}`]
  }
}
