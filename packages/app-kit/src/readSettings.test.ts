import { expect, test } from 'vitest'
import { readSettings } from './readSettings.ts'

test('what a version does not have is told, and refused where it would mislead', () => {
  const others = { KEY0_LATER: 'missing', KEY0_OTHER: 'wrong', KEY0_THEIRS: 'elsewhere' } as const
  const table = { names: { port: ['KEY0_PORT'] }, secrets: [], others } as const
  const read = (env: Record<string, string>) => readSettings(env, table)
  expect(read({ KEY0_THEIRS: 'x' })).toMatchObject({ problems: [], warnings: [] })
  const said = read({ KEY0_LATER: 'x', KEY0_OTHER: 'x' })
  expect(said.warnings).toEqual(['KEY0_LATER is not part of this version: ignored.'])
  expect(said.problems).toEqual(['KEY0_OTHER is not part of this version'])
})
