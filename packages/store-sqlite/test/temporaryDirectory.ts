import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of one test, removed with it. */
export function temporaryDirectory(
  parent: string = tmpdir(),
): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(parent, 'key0-sqlite-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
