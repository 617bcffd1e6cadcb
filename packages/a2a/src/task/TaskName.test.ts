import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contextOf, formatTaskName, parseTaskName, type TaskName } from './TaskName.ts'

const ids = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/)
const contexts = fc.option(fc.stringMatching(/^[A-Za-z0-9_:-]{1,128}$/), { nil: undefined })
const names: fc.Arbitrary<TaskName> = fc.oneof(
  fc.record({
    by: fc.constant('challenge' as const),
    challengeId: ids.filter((id) => id !== 'request'),
    contextId: contexts,
  }),
  fc.record({
    by: fc.constant('request' as const),
    requestId: ids,
    planId: fc.string(),
    resourceId: fc.string({ unit: 'grapheme', maxLength: 200 }),
    contextId: contexts,
  }),
  fc.record({
    by: fc.constant('resource' as const),
    requestId: ids,
    resource: fc.record(
      {
        ...{ method: fc.string(), path: fc.string(), query: fc.string({ maxLength: 4_096 }) },
        bodyDigest: fc.stringMatching(/^0x[0-9a-f]{64}$/) as fc.Arbitrary<`0x${string}`>,
      },
      { requiredKeys: ['method', 'path', 'query'] },
    ),
    contextId: contexts,
  }),
)

test('a task’s id says all there is to know, and is read back', () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(parseTaskName(formatTaskName(name))).toEqual(name)
    }),
  )
})

test('a challenge’s task has the challenge’s own id', () => {
  const name: TaskName = { by: 'challenge', challengeId: 'http-4f', contextId: undefined }
  expect(formatTaskName(name)).toBe('http-4f')
})

test.each([
  '',
  'a.b.c',
  'http-4f.',
  'http 4f',
  '../etc',
  'request',
  'request.',
  'request.W10',
  'request.WzEsMiwzXQ',
  'request.e30',
  'request.WyJhIiwiYiIsImMiLCJkIl0',
  'request.WyJhIiwiYiIsImMiLCJkIiwiZSJd',
  'request.%%%',
  `http-${'4'.repeat(13_000)}`,
])('%s is no task of ours', (id) => {
  expect(parseTaskName(id)).toBeUndefined()
})

test('anything that is text is read without a failure', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      parseTaskName(id)
      parseTaskName(`request.${id}`)
    }),
  )
})

test('the context of a task is always the same and does not show its id', async () => {
  const name: TaskName = { by: 'challenge', challengeId: 'http-4f', contextId: undefined }
  const context = await contextOf(name)
  expect(context).toMatch(/^context-[0-9a-f]{32}$/)
  expect(await contextOf({ ...name })).toBe(context)
  expect(await contextOf({ ...name, challengeId: 'http-5f' })).not.toBe(context)
})
