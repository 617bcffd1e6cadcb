import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the example of the README prints what the README says', async () => {
  const root = new URL('..', import.meta.url)
  const readme = await readFile(new URL('README.md', root), 'utf8')
  const [, example = ''] = /```js\n([\s\S]+?)```/.exec(readme) ?? []
  const [, promised] = /prints `([^`]+)`/.exec(readme) ?? []
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@key0/source', '--input-type=module', '--eval', example],
    { cwd: root },
  )
  expect(stdout.trim()).toBe(promised)
})
