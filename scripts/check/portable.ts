import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Rule = { readonly pattern: RegExp; readonly why: string; readonly only?: RegExp }

/** What works on one machine only must not get into the repository. */
const rules: readonly Rule[] = [
  {
    pattern: /https?:\/\/(?:[\w-]+\.)*(?:registry|npm|artifactory|nexus|verdaccio)[\w.-]*[:/]/i,
    why: 'names a package registry; leave the choice to the machine',
  },
  {
    pattern: /^\s*(?:tarball|resolved):|https?:\/\//,
    why: 'names where a package came from; a lockfile needs only its hash',
    only: /(?:^|\/)(?:pnpm-lock\.yaml|package-lock\.json)$/,
  },
  {
    pattern: /(?:^|[\s'"`(=:])\/(?:root|work\/\w+|Users\/\w+|home\/(?!node\b)\w+)\//,
    why: 'names a path of one machine',
  },
]

const BINARY = /\.(?:png|jpg|ico|woff2?|gz|tgz|wasm)$/

function judgeFile(root: string, file: string): readonly string[] {
  if (BINARY.test(file)) return []
  let lines: readonly string[]
  try {
    lines = readFileSync(join(root, file), 'utf8').split('\n')
  } catch {
    return [] // Deleted in the working tree, or a link to nowhere.
  }
  return rules
    .filter(({ only }) => only?.test(file) ?? true)
    .flatMap(({ pattern, why }) => {
      const index = lines.findIndex((line) => pattern.test(line))
      return index < 0 ? [] : [`${file}:${index + 1} ${why}: ${lines[index]?.trim().slice(0, 120)}`]
    })
}

/** That no file names a package registry or a path of somebody's machine. */
export async function portable(root: string): Promise<readonly string[]> {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  const files = execFileSync('git', git, { cwd: root, encoding: 'utf8' }).split('\0')
  return files.filter((file) => file !== '').flatMap((file) => judgeFile(root, file))
}
