import type { DatabaseSync } from 'node:sqlite'
import { Key0Error } from '@key0/core'

/** SQLite's own lock around a step: whoever has begun is alone, in this process or another. */
export function atomically<result>(db: DatabaseSync, step: () => result): result {
  try {
    db.exec('begin immediate')
  } catch (error) {
    throw new Key0Error('STORE_UNAVAILABLE', { cause: error })
  }
  let result: result
  try {
    result = step()
    db.exec('commit')
  } catch (error) {
    undo(db)
    throw isSqliteError(error) ? new Key0Error('STORE_UNAVAILABLE', { cause: error }) : error
  }
  return result
}

function undo(db: DatabaseSync): void {
  try {
    db.exec('rollback')
  } catch {
    // A full disk or a failed write has rolled back by itself already.
  }
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR'
}
