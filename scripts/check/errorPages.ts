import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** That every error code has its page in docs/errors, and every page its code. */
export async function errorPages(root: string): Promise<readonly string[]> {
  const catalogue = join(root, 'packages/core/src/errors/codes.ts')
  if (!existsSync(catalogue)) return []
  const { errorCodes } = (await import(catalogue)) as { errorCodes: Readonly<object> }
  const codes = Object.keys(errorCodes)
  if (codes.length === 0) return ['packages/core/src/errors/codes.ts exports no errorCodes']
  const directory = join(root, 'docs/errors')
  const pages = existsSync(directory) ? readdirSync(directory) : []
  const wanted = codes.flatMap((code) => {
    if (!pages.includes(`${code}.md`)) return [`docs/errors/${code}.md is missing`]
    const title = readFileSync(join(directory, `${code}.md`), 'utf8').split('\n', 1)[0]
    return title?.startsWith(`# ${code}`) ? [] : [`docs/errors/${code}.md must begin "# ${code}"`]
  })
  const orphans = pages
    .filter((page) => /^[A-Z0-9_]+\.md$/.test(page) && page !== 'README.md')
    .filter((page) => !codes.includes(page.slice(0, -'.md'.length)))
    .map((page) => `docs/errors/${page} explains a code that does not exist`)
  return [...wanted, ...orphans]
}
