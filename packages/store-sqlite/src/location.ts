import { join } from 'node:path'

/** Where the store lives: a file, or the file `key0.sqlite` in a directory. */
export type SqliteLocation = { readonly path: string } | { readonly dataDir: string }

export function toPath(location: SqliteLocation): string {
  return 'path' in location ? location.path : join(location.dataDir, 'key0.sqlite')
}
