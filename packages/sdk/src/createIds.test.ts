import { expect, test } from 'vitest'
import { createIds } from './createIds.ts'

test('ids are 40 hex digits and never come twice, also after the next draw', () => {
  const [one, other] = [createIds(), createIds()]
  const ids = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? one() : other()))
  expect(new Set(ids).size).toBe(1_000)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{40}$/)
})
