import { expect, test } from 'vitest'
import { invariant } from './invariant.ts'
import { Key0Error } from './Key0Error.ts'

test('carries its code, its advice, and facts that read well in a log', () => {
  const error = new Key0Error('PLAN_UNKNOWN', { facts: { planId: 'gold', known: 'basic' } })
  expect(error).toMatchObject({ name: 'Key0Error', code: 'PLAN_UNKNOWN', retry: 'fix' })
  expect(error.summary).toBe('No plan has this id.')
  expect(error.message).toBe('No plan has this id.\n  planId: gold\n  known: basic')
})

test('keeps its cause to itself', () => {
  const cause = new Error('password=hunter2')
  const error = new Key0Error('STORE_UNAVAILABLE', { cause })
  expect(error.cause).toBe(cause)
  expect(error.message).not.toContain('hunter2')
  expect(JSON.stringify(error)).not.toContain('hunter2')
  expect(new Key0Error('INTERNAL')).not.toHaveProperty('cause')
})

test('is recognised across copies of this package, and by code', () => {
  const copy = Object.assign(new Error('x'), { name: 'Key0Error', code: 'INTERNAL' })
  expect(Key0Error.is(copy)).toBe(true)
  expect(Key0Error.is(copy, 'INTERNAL')).toBe(true)
  expect(Key0Error.is(copy, 'NOT_FOUND')).toBe(false)
  for (const other of [new Error('x'), { name: 'Key0Error', code: 'INTERNAL' }, null, 'INTERNAL'])
    expect(Key0Error.is(other)).toBe(false)
})

test('a broken promise of our own is no Key0Error', () => {
  expect(() => invariant(true, 'holds')).not.toThrow()
  expect(() => invariant(0, 'zero is never paid')).toThrow('Broken promise: zero is never paid')
})
