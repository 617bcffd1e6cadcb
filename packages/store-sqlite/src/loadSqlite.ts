type Sqlite = typeof import('node:sqlite')

/**
 * Node's own SQLite. Node 22 warns at its first use that it is experimental; that one warning is
 * dropped here, and no other: nothing else can run while the module loads.
 */
export function loadSqlite(): Sqlite {
  const emit = process.emitWarning
  const quiet = (...warning: Parameters<typeof emit>): void => {
    if (!String(warning[0]).startsWith('SQLite is an experimental feature')) emit(...warning)
  }
  process.emitWarning = quiet as typeof emit
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emit
  }
}
