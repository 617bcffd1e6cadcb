import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './runTool.ts'
import { isPublished, listPackages } from './workspace.ts'

const FRONT_MATTER = /^---\n([\s\S]*?)\n?---\n([\s\S]*)$/
const BUMP = /^'?"?(@?[\w/-]+)'?"?: (?:patch|minor|major)$/

function git(root: string, ...args: readonly string[]): string | undefined {
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', [...args], options).trim()
  } catch {
    return undefined
  }
}

/** On a branch, every published package that changed since main needs a changeset. */
async function judgeBranch(root: string): Promise<readonly string[]> {
  const branch = git(root, 'symbolic-ref', '--short', '--quiet', 'HEAD')
  if (branch === undefined || branch === 'main') return []
  if (git(root, 'rev-parse', '--verify', '--quiet', 'main') === undefined) return []
  const status = await runTool(root, 'changeset', ['status', '--since=main'])
  return status === undefined ? [] : [status]
}

/** That every changeset names published packages and tells a user what changed. */
export async function changesets(root: string): Promise<readonly string[]> {
  const names = listPackages(root)
    .filter(isPublished)
    .map(({ manifest }) => manifest.name)
  const files = readdirSync(join(root, '.changeset'))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => `.changeset/${file}`)
  const malformed = files.flatMap((file) => {
    const match = FRONT_MATTER.exec(readFileSync(join(root, file), 'utf8'))
    if (match === null) return [`${file} must begin with the packages it concerns, between ---`]
    const [, head = '', text = ''] = match
    const problems = head
      .split('\n')
      .filter((line) => !names.includes(BUMP.exec(line)?.[1] ?? ''))
      .map((line) => `${file}: "${line}" must be '@key0/name': patch, minor or major`)
    return text.trim() === '' ? [...problems, `${file} says nothing`] : problems
  })
  return [...malformed, ...(await judgeBranch(root))]
}
