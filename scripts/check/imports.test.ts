import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { imports, layers, readImports } from './imports.ts'

const root = mkdtempSync(join(tmpdir(), 'key0-imports-'))
afterEach(() => rmSync(root, { recursive: true, force: true }))

type Sketch = {
  readonly tag: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

/** Judges a workspace of small packages; a package called `a` is `@key0/a`. */
function judge(packages: Readonly<Record<string, Sketch>>): Promise<readonly string[]> {
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  for (const [name, { tag, files, ...manifest }] of Object.entries(packages)) {
    const folder = `packages/${name}`
    write(`${folder}/package.json`, JSON.stringify({ name: `@key0/${name}`, ...manifest }))
    write(`${folder}/turbo.json`, JSON.stringify({ tags: [tag] }))
    for (const [file, text] of Object.entries(files ?? {})) write(`${folder}/${file}`, text)
  }
  return imports(root)
}

const workspace = 'workspace:^'

test('an adapter may import core', async () => {
  const problems = await judge({
    core: { tag: 'core' },
    chain: {
      tag: 'adapter',
      dependencies: { '@key0/core': workspace },
      files: { 'src/chain.ts': "import { settle } from '@key0/core'\n" },
    },
  })
  expect(problems).toEqual([])
})

test('an adapter may not import another adapter, even when it declares it', async () => {
  const problems = await judge({
    store: { tag: 'adapter' },
    chain: {
      tag: 'adapter',
      dependencies: { '@key0/store': workspace },
      files: { 'src/chain.ts': "import type {\n  Store,\n} from '@key0/store/deep'\n" },
    },
  })
  expect(problems).toEqual([
    "packages/chain/src/chain.ts imports '@key0/store/deep': adapter may not import adapter",
  ])
})

test('only the tests of an adapter may import the sandbox', async () => {
  const problems = await judge({
    sandbox: { tag: 'sandbox' },
    chain: {
      tag: 'adapter',
      devDependencies: { '@key0/sandbox': workspace },
      files: {
        'src/chain.ts': "import { start } from '@key0/sandbox'\n",
        'src/chain.test.ts': "import { start } from '@key0/sandbox'\n",
        'test/helper.ts': "import { start } from '@key0/sandbox'\n",
      },
    },
  })
  expect(problems).toEqual([
    "packages/chain/src/chain.ts imports '@key0/sandbox': adapter may not import sandbox",
  ])
})

test('core imports nothing, not even what it declares or what Node brings', async () => {
  const problems = await judge({
    core: {
      tag: 'core',
      dependencies: { zod: 'catalog:' },
      files: {
        'src/a.ts': "import { z } from 'zod'\nimport { b } from './b.ts'\n",
        'src/b.ts': "export { hash } from 'node:crypto'\n",
        'src/c.test.ts': "import { join } from 'node:path'\nimport { test } from 'vitest'\n",
      },
    },
  })
  expect(problems).toEqual([
    "packages/core/src/a.ts imports 'zod': core imports nothing at all",
    "packages/core/src/b.ts imports 'node:crypto': core imports nothing at all",
  ])
})

test('sources may not use what is only a devDependency', async () => {
  const problems = await judge({
    wire: {
      tag: 'wire',
      devDependencies: { zod: 'catalog:' },
      files: { 'src/a.ts': "import 'zod'\n", 'src/a.test.ts': "await import('zod')\n" },
    },
  })
  expect(problems).toEqual([
    "packages/wire/src/a.ts imports 'zod', which is not among its dependencies",
  ])
})

test('a relative import stays in its package', async () => {
  const problems = await judge({
    wire: { tag: 'wire', files: { 'src/a.ts': "import { b } from '../../core/src/b.ts'\n" } },
  })
  expect(problems).toEqual(["packages/wire/src/a.ts leaves its package with '../../core/src/b.ts'"])
})

test('a package without a known layer is not let through', async () => {
  expect(await judge({ odd: { tag: 'misc' } })).toHaveLength(1)
})

test('every layer that is named exists', () => {
  const named = Object.values(layers).flatMap(({ may, testsMayAlso }) =>
    may === 'any' ? testsMayAlso : [...may, ...testsMayAlso],
  )
  expect(named.filter((name) => !Object.hasOwn(layers, name))).toEqual([])
})

test('examples in comments are not imports', () => {
  const source = `
/**
 * import { createKey0 } from '@key0/sdk'
 * const x = await import('@key0/sdk')
 */
import { a } from './a.ts'
const from = 'elsewhere'
export * as b from './b.ts'
const c = await import('./c.ts')
`
  expect(readImports(source).toSorted()).toEqual(['./a.ts', './b.ts', './c.ts'])
})
