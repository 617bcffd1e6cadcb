import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPublished, isSkeleton, listPackages } from './workspace.ts'

/**
 * That every entry of every published package has a test beside it which spells its public names,
 * so that a new or a lost name is a visible line in review. The test itself runs with the others.
 */
export async function publicNames(root: string): Promise<readonly string[]> {
  return listPackages(root)
    .filter((each) => isPublished(each) && !isSkeleton(each))
    .flatMap(({ folder, directory, manifest }) =>
      Object.keys(manifest.exports ?? {})
        .filter((entry) => entry !== './package.json')
        .map((entry) => (entry === '.' ? 'index' : entry.slice(2)))
        .flatMap((name) => {
          const file = `src/exports/${name}.test.ts`
          if (!existsSync(join(directory, file))) return [`${folder}/${file} is missing`]
          const text = readFileSync(join(directory, file), 'utf8')
          const spells = text.includes(`./${name}.ts'`) && text.includes('toMatchInlineSnapshot(`')
          return spells ? [] : [`${folder}/${file} must hold the names in an inline snapshot`]
        }),
    )
}
