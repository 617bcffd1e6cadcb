import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isPublished, listPackages, type Package } from './workspace.ts'

/** What every package.json says alike, so that no package is built, tested or sold differently. */
const everywhere = { license: 'Apache-2.0', type: 'module' }

const scripts: Readonly<Record<string, string>> = {
  build: 'tsdown',
  types: 'tsc --noEmit',
  test: 'vitest run',
}

function judgeFields({ folder, manifest }: Package): readonly string[] {
  const fields = Object.entries(everywhere)
    .filter(([name, value]) => manifest[name as keyof typeof manifest] !== value)
    .map(([name, value]) => `${folder}/package.json: "${name}" must be "${value}"`)
  const commands = Object.entries(scripts)
    .filter(([name, command]) => (manifest.scripts?.[name] ?? command) !== command)
    .map(([name, command]) => `${folder}/package.json: the script "${name}" must be "${command}"`)
  return [...fields, ...commands]
}

function judgeVersions({ folder, manifest }: Package): readonly string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  return Object.entries(all)
    .filter(([, version]) => version !== 'catalog:' && !version.startsWith('workspace:'))
    .map(([name]) => `${folder}/package.json: take the version of ${name} from the catalog`)
}

function judgePublished({ folder, manifest }: Package): readonly string[] {
  const problems: string[] = []
  const withoutSource = Object.fromEntries(
    Object.entries(manifest.exports ?? {}).map(([entry, target]) => {
      if (typeof target === 'string') return [entry, target]
      const { '@key0/source': source, ...published } = target
      const name = entry === '.' ? 'index' : entry.slice(2)
      if (source !== `./src/exports/${name}.ts`) {
        problems.push(`the source of "${entry}" must be ./src/exports/${name}.ts`)
      }
      return [entry, published]
    }),
  )
  if (!isDeepStrictEqual(manifest.publishConfig?.exports, withoutSource)) {
    problems.push('publishConfig.exports must be exports without "@key0/source"')
  }
  if (manifest.publishConfig?.access !== 'public') problems.push('publishConfig.access is public')
  if (!manifest.description) problems.push('a description is missing')
  if (!manifest.engines?.node) problems.push('engines.node is missing')
  return problems.map((problem) => `${folder}/package.json: ${problem}`)
}

/** All types are checked in one pass over one configuration, so no package may have its own. */
function judgeTypes({ folder, directory }: Package): readonly string[] {
  const file = join(directory, 'tsconfig.json')
  const { extends: base, include: _, ...own } = JSON.parse(readFileSync(file, 'utf8'))
  const ok = /^(?:\.\.\/)+tsconfig\.base\.json$/.test(base) && Object.keys(own).length === 0
  return ok ? [] : [`${folder}/tsconfig.json may only extend tsconfig.base.json and name folders`]
}

/** That all package.json and tsconfig.json files keep to the same pattern. */
export async function manifests(root: string): Promise<readonly string[]> {
  return listPackages(root).flatMap((each) => [
    ...judgeFields(each),
    ...judgeVersions(each),
    ...judgeTypes(each),
    ...(isPublished(each) ? judgePublished(each) : []),
  ])
}
