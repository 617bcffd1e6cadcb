import { expect, test } from 'vitest'
import { createCatalog } from './Catalog.ts'
import type { Plan } from './Plan.ts'

function problemsOf(plans: unknown): string {
  try {
    createCatalog(plans as Plan[], 6)
  } catch (error) {
    const { code, facts } = error as { code: string; facts: { plans: string } }
    expect(code).toBe('CONFIG_INVALID')
    return facts.plans
  }
  throw new Error('the catalogue was accepted')
}

test('reads prices exactly and finds plans by id', () => {
  const catalog = createCatalog(
    [
      { planId: 'basic', unitAmount: '$0.10', description: 'One call' },
      { planId: 'pro.v2_x-1', unitAmount: '1234.567891' },
    ],
    6,
  )
  expect(catalog.find('basic')).toEqual({
    planId: 'basic',
    unitAmount: '$0.10',
    description: 'One call',
    unitAmountRaw: 100_000n,
  })
  expect(catalog.plans.map(({ unitAmountRaw }) => unitAmountRaw)).toEqual([
    100_000n,
    1_234_567_891n,
  ])
})

test('an unknown plan names the plans there are, and does not repeat what was asked', () => {
  const catalog = createCatalog([{ planId: 'basic', unitAmount: '1' }], 6)
  expect(() => catalog.find('x'.repeat(500))).toThrow(
    expect.objectContaining({
      code: 'PLAN_UNKNOWN',
      facts: { field: 'planId', known: 'basic' },
    }),
  )
  expect(() => catalog.find('__proto__')).toThrow('No plan has this id.')
})

test('names every mistake at once', () => {
  const problems = problemsOf([
    { planId: '', unitAmount: '1' },
    { planId: 'a', unitAmount: '1' },
    { planId: 'a', unitAmount: '2' },
    { planId: 'b', unitAmount: 'free' },
    { planId: 'c', unitAmount: '1', description: 7 },
  ])
  expect(problems.split('; ')).toEqual([
    'plans[0].planId must be 1 to 64 letters, digits, dots, dashes or underscores',
    'plans[2].planId "a" is there twice',
    'plans[3].unitAmount must be like "$0.10", above zero, with at most 6 decimals',
    'plans[4].description must be text',
  ])
})

test.each(['0', '$0.00', '-1', '1e6', '0x10', ' 1', '1,000', '0.0000001', '', undefined, null])(
  'the price %j is refused',
  (unitAmount) => {
    expect(problemsOf([{ planId: 'a', unitAmount }])).toContain('plans[0].unitAmount')
  },
)

test('a seller without plans cannot start', () => {
  expect(problemsOf([])).toBe('at least one plan is needed')
  expect(problemsOf([null])).toContain('plans[0].planId')
})
