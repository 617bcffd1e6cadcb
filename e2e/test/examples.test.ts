import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startRedis } from '@key0/test-services'
import { expect, test, vi } from 'vitest'
import { openProject, readBlocks, repository } from '../src/openProject.ts'

vi.setConfig({ maxConcurrency: 2 })

const packages = readdirSync(join(repository, 'packages'))
  .map((name) => `packages/${name}`)
  .filter((path) => existsSync(join(repository, path, 'README.md')))
const promises = packages.map((path) => {
  const readme = readFileSync(join(repository, path, 'README.md'), 'utf8')
  return [path, /[Ii]t prints `([^`]+)`/.exec(readme)?.[1]] as const
})

test.concurrent.each(promises.filter(([, promised]) => promised !== undefined))(
  'the example in the README of %s prints what it says',
  async (path, promised) => {
    const [example = ''] = await readBlocks(`${path}/README.md`, 'js')
    await using stack = new AsyncDisposableStack()
    const project = stack.use(await openProject(path))
    await project.write('example.js', example)
    const env: Record<string, string> = {}
    if (example.includes('REDIS_URL')) {
      const redis = await startRedis()
      stack.defer(() => redis.stop())
      env.REDIS_URL = redis.url
    }
    expect((await project.run('example.js', env)).trim()).toBe(promised)
  },
  60_000,
)

test('no example in JavaScript is without its promise', async () => {
  const silent = promises.filter(([, promised]) => promised === undefined).map(([path]) => path)
  for (const path of silent)
    expect([path, await readBlocks(`${path}/README.md`, 'js')]).toEqual([path, []])
})
