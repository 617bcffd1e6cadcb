import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The parts of a package.json that checks look at. */
export type Manifest = {
  readonly name: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly license?: string
  readonly type?: string
  readonly description?: string
  readonly engines?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly publishConfig?: {
    readonly access?: string
    readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export type Package = {
  /** The folder from the root, for example `packages/core`. */
  readonly folder: string
  readonly directory: string
  readonly manifest: Manifest
  /** What its turbo.json calls it; decides what it may import. */
  readonly tags: readonly string[]
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${file} cannot be read as JSON`, { cause: error })
  }
}

/** Every workspace package, found as pnpm-workspace.yaml describes them. */
export function listPackages(root: string): readonly Package[] {
  const inside = (folder: string): readonly string[] => {
    try {
      return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
    } catch {
      return []
    }
  }
  const folders = [...['packages', 'apps', 'examples'].flatMap(inside), 'bench', 'e2e']
  return folders.sort().flatMap((folder) => {
    const directory = join(root, folder)
    const manifest = readJson<Manifest>(join(directory, 'package.json'))
    if (manifest === undefined) return []
    const turbo = readJson<{ tags?: readonly string[] }>(join(directory, 'turbo.json'))
    return [{ folder, directory, manifest, tags: turbo?.tags ?? [] }]
  })
}

/** The TypeScript files of a folder that are written by hand, with paths from that folder. */
export function listSources(directory: string): readonly string[] {
  const walk = (folder: string): readonly string[] =>
    readdirSync(join(directory, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory())
        return /^(?:node_modules|dist|\..*)$/.test(entry.name) ? [] : walk(path)
      return entry.name.endsWith('.ts') ? [path] : []
    })
  return walk('').toSorted()
}

/** True while a package is laid out but has no code: every source says only `export {}`. */
export function isSkeleton({ directory }: Package): boolean {
  return listSources(directory)
    .filter((file) => !file.endsWith('.config.ts'))
    .every((file) => readFileSync(join(directory, file), 'utf8').trim() === 'export {}')
}

export function isPublished({ manifest }: Package): boolean {
  return manifest.private !== true
}
