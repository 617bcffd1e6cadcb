import { expect, test } from 'vitest'
import { renderScripts } from '../../test/renderScripts.ts'

test('the scripts that are shipped are the Lua files', async () => {
  await expect(renderScripts()).toMatchFileSnapshot('./scripts.ts')
})
