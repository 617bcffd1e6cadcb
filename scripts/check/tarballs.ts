import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from './runTool.ts'
import { isPublished, isSkeleton, listPackages, type Manifest, type Package } from './workspace.ts'

function listFiles(tarball: string): readonly string[] {
  const names = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).split('\n')
  return names.filter((name) => name !== '').map((name) => name.replace(/^package\//, ''))
}

function readFrom(tarball: string, file: string): string {
  return execFileSync('tar', ['xzOf', tarball, `package/${file}`], { encoding: 'utf8' })
}

/** What a tarball may hold: its manifest and texts, the build, vectors for other languages. */
const ALLOWED = [
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/.+\.(?:js|js\.map|d\.ts)$/,
  /^vectors\/.+\.json$/,
  // The schema and the operations in the engine's own language, to read and to compare with.
  /^(?:schema\.sql|sql\/.+\.sql)$/,
]

/** Every file that the exports of a manifest lead to. */
function targets(manifest: Manifest): readonly string[] {
  return Object.values(manifest.exports ?? {})
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .map((path) => path.replace('./', ''))
}

/** A command must be there and its first line must say what runs it. */
function judgeCommands(tarball: string, manifest: Manifest): readonly string[] {
  return Object.values(manifest.bin ?? {})
    .map((path) => path.replace('./', ''))
    .filter((file) => !readFrom(tarball, file).startsWith('#!/usr/bin/env node\n'))
    .map((file) => `${file} must begin with #!/usr/bin/env node`)
}

/** What was built loads as a user loads it, through the builds of our other packages. */
async function judgeLoading(each: Package, manifest: Manifest): Promise<readonly string[]> {
  const problems: string[] = []
  for (const file of targets(manifest).filter((name) => name.endsWith('.js'))) {
    try {
      await import(join(each.directory, file))
    } catch (error) {
      problems.push(`${file} does not load: ${error}`)
    }
  }
  return problems
}

async function judgeContent(each: Package, tarball: string): Promise<readonly string[]> {
  const files = listFiles(tarball)
  const packed = readFrom(tarball, 'package.json')
  const manifest = JSON.parse(packed) as Manifest
  const texts = isSkeleton(each) ? ['LICENSE'] : ['LICENSE', 'README.md']
  const unresolved = [manifest.dependencies, manifest.peerDependencies]
    .flatMap((list) => Object.entries(list ?? {}))
    .filter(([, version]) => /^(?:workspace|catalog):/.test(version))
  return [
    ...files
      .filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} must not be published`),
    ...[...texts, ...targets(manifest)]
      .filter((file) => !files.includes(file))
      .map((file) => `${file} is missing`),
    ...unresolved.map(([name, version]) => `${name} is left at ${version}`),
    ...(packed.includes('@key0/source') ? ['the manifest still points to sources'] : []),
    ...judgeCommands(tarball, manifest),
    ...(await judgeLoading(each, manifest)),
  ]
}

async function judgePackage(root: string, each: Package, at: string): Promise<readonly string[]> {
  const name = each.folder.replaceAll('/', '-')
  const tarball = join(at, `${name}.tgz`)
  const packing = await runTool(root, 'pnpm', ['pack', '--out', tarball], each.directory)
  if (packing !== undefined) return [`${each.folder}: pnpm pack failed\n${packing}`]
  const found = [...(await judgeContent(each, tarball))]
  const publint = await runTool(root, 'publint', ['--strict', tarball])
  if (publint !== undefined) found.push(`publint\n${publint}`)
  const attw = await runTool(root, 'attw', [tarball, '--profile', 'esm-only', '--no-color'])
  if (attw !== undefined) found.push(`are the types wrong?\n${attw}`)
  return found.map((problem) => `${each.folder}: ${problem}`)
}

/** Builds and packs every published package, then judges what a user would install. */
export async function tarballs(root: string): Promise<readonly string[]> {
  const built = await runTool(root, 'turbo', ['run', 'build', '--output-logs=errors-only'])
  if (built !== undefined) return [built]
  const at = await mkdtemp(join(tmpdir(), 'key0-pack-'))
  try {
    const published = listPackages(root).filter(isPublished)
    const next = published.values()
    const problems: string[] = []
    const work = async (): Promise<void> => {
      for (const each of next) problems.push(...(await judgePackage(root, each, at)))
    }
    await Promise.all([work(), work()])
    return problems
  } finally {
    await rm(at, { recursive: true, force: true })
  }
}
