import type { PricedRoute } from '@key0/core'
import { expect, test } from 'vitest'
import { toTarget, writeInputSchema } from './toTarget.ts'

const route = (method: PricedRoute['method'], path: string): PricedRoute => ({
  ...{ routeId: 'r', method, path, unitAmount: '$1', unitAmountRaw: 1n },
})
const photo = route('GET', '/a/:id/photos/:name')

test.each<readonly [PricedRoute, object, string]>([
  [photo, { path: { id: 7, name: 'x' } }, '/a/7/photos/x'],
  [photo, { path: { id: 'a/b', name: '../?#%' } }, '/a/a%2Fb/photos/..%2F%3F%23%25'],
  [
    photo,
    { path: { id: 1, name: 2 }, query: { a: 'b&c', d: null, e: true } },
    '/a/1/photos/2?a=b%26c&e=true',
  ],
  [route('POST', '/x'), { query: { a: 1 }, body: {} }, '/x'],
  [route('GET', '/files/*'), { path: { rest: 'a b/c/d' } }, '/files/a%20b/c/d'],
  [route('GET', '/files/:id'), { path: { id: 'a*', rest: '../b/c' } }, '/files/a*'],
  [route('GET', '/files/:id/*'), { path: { id: ':rest', rest: ':id*' } }, '/files/%3Arest/%3Aid*'],
])('%# a call describes one request', (of, args, target) => {
  expect(toTarget(of, args as Readonly<Record<string, unknown>>)).toBe(target)
})

test.each([
  [{}, '$.arguments.path.id'],
  [{ path: [] }, '$.arguments.path'],
  [{ path: { id: '', name: 'x' } }, '$.arguments.path.id'],
  [{ path: { id: {}, name: 'x' } }, '$.arguments.path.id'],
  [{ path: { id: 1, name: 1 }, query: 'canary' }, '$.arguments.query'],
  [{ path: { id: 1, name: 1 }, query: { canary: {} } }, '$.arguments.query'],
])('%# what describes none is refused, naming the field and repeating nothing', (args, field) => {
  expect(() => toTarget(photo, args)).toThrow(
    expect.objectContaining({
      code: 'REQUEST_MALFORMED',
      facts: expect.objectContaining({ field }),
    }),
  )
})

test('what may be said is what the route leaves open', () => {
  expect(writeInputSchema(photo)).toMatchObject({
    required: ['path'],
    properties: { path: { required: ['id', 'name'] }, query: { type: 'object' } },
  })
  const inputSchema = { type: 'object', properties: { day: { type: 'string' } } }
  expect(writeInputSchema({ ...route('POST', '/x'), inputSchema })).toEqual({
    ...{ type: 'object', properties: { body: inputSchema } },
  })
})
