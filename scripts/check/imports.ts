import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { listPackages, listSources, type Package } from './workspace.ts'

type Layer = {
  /** The layers whose packages its sources may import. `any` is for what stands on top. */
  readonly may: readonly string[] | 'any'
  /** What its tests may import besides. */
  readonly testsMayAlso: readonly string[]
  /** Set where even other people's packages and Node's own modules are out of bounds. */
  readonly nothingForeign?: true
}

/**
 * Imports go one way. Tests may also use the sandbox and the conformance laws, but only as
 * devDependencies. This is the whole rule; a package names its layer in its turbo.json. */
export const layers: Readonly<Record<string, Layer>> = {
  core: { may: [], testsMayAlso: [], nothingForeign: true },
  wire: { may: [], testsMayAlso: [] },
  token: { may: [], testsMayAlso: [] },
  sandbox: { may: [], testsMayAlso: [] },
  laws: { may: ['core'], testsMayAlso: [] },
  adapter: { may: ['core', 'token'], testsMayAlso: ['sandbox', 'laws'] },
  /** What every surface decides alike: docs/decisions/0009-one-checkout.md. */
  checkout: { may: ['core', 'wire'], testsMayAlso: ['sandbox', 'laws'] },
  surface: { may: ['core', 'wire', 'checkout'], testsMayAlso: ['sandbox', 'laws'] },
  /** Frameworks' accents stand on the bundle, so that they take a seller's configuration. */
  middleware: {
    may: ['middleware-kit', 'bundle', 'surface', 'token'],
    testsMayAlso: ['core', 'sandbox', 'laws'],
  },
  'middleware-kit': {
    may: ['bundle', 'surface', 'checkout', 'core', 'token'],
    testsMayAlso: ['sandbox', 'laws'],
  },
  /** Why a worker knows an adapter: docs/decisions/0004-refunds-know-the-chain.md. */
  worker: { may: ['core', 'adapter'], testsMayAlso: ['sandbox', 'laws'] },
  bundle: {
    may: ['core', 'wire', 'token', 'adapter', 'checkout', 'surface', 'worker'],
    testsMayAlso: ['sandbox', 'laws'],
  },
  /** What our programs share. */
  kit: { may: ['core', 'adapter'], testsMayAlso: ['sandbox', 'laws'] },
  app: {
    may: [
      'kit',
      'core',
      'wire',
      'token',
      'adapter',
      'checkout',
      'surface',
      'middleware',
      'worker',
      'bundle',
    ],
    testsMayAlso: ['sandbox', 'laws'],
  },
  /** Ends of the graph: benchmarks, end-to-end tests, examples. Nobody imports them. */
  proof: { may: 'any', testsMayAlso: [] },
}

const STATIC = /^(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*'([^'\n]+)'/gm
const DYNAMIC = /^(?!\s*(?:\*|\/\/)).*?\bimport\(\s*'([^'\n]+)'\s*\)/gm

/** The module names a source imports. Relies on the formatter: statements start their line. */
export function readImports(source: string): readonly string[] {
  const names = [STATIC, DYNAMIC].flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => match[1] as string),
  )
  return [...new Set(names)]
}

function isTest(file: string): boolean {
  return file.startsWith('test/') || /\.(?:test|bench)\.ts$/.test(file)
}

function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
}

type Place = { readonly from: Package; readonly layer: Layer; readonly file: string }

function judgeRelative({ from, file }: Place, specifier: string): string | undefined {
  const leaves = join(dirname(file), specifier).startsWith('..')
  return leaves ? `${from.folder}/${file} leaves its package with '${specifier}'` : undefined
}

function judgeDeclared({ from, file }: Place, specifier: string): string | undefined {
  if (isBuiltin(specifier)) return undefined
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = from.manifest
  const shipped = { ...dependencies, ...peerDependencies, ...optionalDependencies }
  const mayUseDev = isTest(file) || from.tags.includes('proof')
  // The test runner is shared by every package and declared once, at the root.
  const declared = mayUseDev ? { ...shipped, ...devDependencies, vitest: 'root' } : shipped
  if (Object.hasOwn(declared, packageName(specifier))) return undefined
  const list = mayUseDev ? 'dependencies or devDependencies' : 'dependencies'
  return `${from.folder}/${file} imports '${specifier}', which is not among its ${list}`
}

function judgeForeign(place: Place, specifier: string): string | undefined {
  const { from, layer, file } = place
  if (layer.nothingForeign && !isTest(file)) {
    return `${from.folder}/${file} imports '${specifier}': ${from.tags[0]} imports nothing at all`
  }
  return judgeDeclared(place, specifier)
}

function judgeOurs(place: Place, to: Package, specifier: string): string | undefined {
  const { from, layer, file } = place
  const allowed = layer.may === 'any' ? to.tags : layer.may
  const also = isTest(file) ? layer.testsMayAlso : []
  if (to !== from && !to.tags.some((tag) => allowed.includes(tag) || also.includes(tag))) {
    return `${from.folder}/${file} imports '${specifier}': ${from.tags[0]} may not import ${to.tags[0]}`
  }
  return to === from ? undefined : judgeDeclared(place, specifier)
}

function judgePackage(from: Package, ours: ReadonlyMap<string, Package>): readonly string[] {
  const layer = layers[from.tags[0] ?? '']
  if (layer === undefined || from.tags.length !== 1) {
    return [`${from.folder}/turbo.json must name one layer of ${Object.keys(layers).join(', ')}`]
  }
  return listSources(from.directory)
    .filter((file) => file.startsWith('src/') || file.startsWith('test/'))
    .flatMap((file) => {
      const place = { from, layer, file }
      return readImports(readFileSync(join(from.directory, file), 'utf8')).map((specifier) => {
        if (specifier.startsWith('.')) return judgeRelative(place, specifier)
        const to = ours.get(packageName(specifier))
        return to ? judgeOurs(place, to, specifier) : judgeForeign(place, specifier)
      })
    })
    .filter((problem) => problem !== undefined)
}

/** Import directions as they are in the sources, against {@link layers}. */
export async function imports(root: string): Promise<readonly string[]> {
  const packages = listPackages(root)
  const ours = new Map(packages.map((each) => [each.manifest.name, each]))
  return packages.flatMap((each) => judgePackage(each, ours))
}
