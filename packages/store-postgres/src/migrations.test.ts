import { expect, test } from 'vitest'
import { compileSql } from '../test/compileSql.ts'

test('the package holds exactly the files under sql/', async () => {
  await expect(compileSql()).toMatchFileSnapshot('./sqlFiles.ts')
})
