import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from './runTool.ts'
import { isPublished, isSkeleton, listPackages, type Manifest, type Package } from './workspace.ts'

function untar(tarball: string, ...args: readonly string[]): string {
  return execFileSync('tar', [...args, tarball], { encoding: 'utf8' })
}

/** What a tarball may hold: the build, its two texts and its manifest. */
const ALLOWED =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.+\.(?:js|js\.map|d\.ts))$/

function targets(manifest: Manifest): readonly string[] {
  const entries = Object.values(manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  )
  return [...entries, ...Object.values(manifest.bin ?? {})].map((path) => path.replace('./', ''))
}

/** The first line of a command must say what runs it. */
function judgeBin(tarball: string, manifest: Manifest): readonly string[] {
  return Object.values(manifest.bin ?? {}).flatMap((path) => {
    const file = `package/${path.replace('./', '')}`
    const text = execFileSync('tar', ['xzOf', tarball, file], { encoding: 'utf8' })
    return text.startsWith('#!/usr/bin/env node') ? [] : [`${path} has lost its first line`]
  })
}

function judgeContent(each: Package, tarball: string): readonly string[] {
  const files = untar(tarball, 'tzf')
    .split('\n')
    .filter((file) => file !== '')
    .map((file) => file.replace(/^package\//, ''))
  const packed = execFileSync('tar', ['xzOf', tarball, 'package/package.json'], {
    encoding: 'utf8',
  })
  const manifest = JSON.parse(packed) as Manifest
  const texts = isSkeleton(each) ? ['LICENSE'] : ['LICENSE', 'README.md']
  const missing = [...texts, ...targets(manifest)].filter((file) => !files.includes(file))
  const unresolved = [manifest.dependencies, manifest.peerDependencies]
    .flatMap((list) => Object.entries(list ?? {}))
    .filter(([, version]) => /^(?:workspace|catalog):/.test(version))
  return [
    ...files
      .filter((file) => !ALLOWED.some((pattern) => pattern.test(file)))
      .map((file) => `${file} must not be published`),
    ...missing.map((file) => `${file} is missing`),
    ...unresolved.map(([name, version]) => `${name} is left at ${version}`),
    ...(packed.includes('@key0/source') ? ['the manifest still points to sources'] : []),
    ...(missing.length === 0 ? judgeBin(tarball, manifest) : []),
  ]
}

async function judgePackage(root: string, each: Package, at: string): Promise<readonly string[]> {
  const name = each.folder.replaceAll('/', '-')
  const tarball = join(at, `${name}.tgz`)
  const packing = await runTool(root, 'pnpm', ['pack', '--out', tarball], each.directory)
  if (packing !== undefined) return [`${each.folder}: pnpm pack failed\n${packing}`]
  const found = [...judgeContent(each, tarball)]
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
