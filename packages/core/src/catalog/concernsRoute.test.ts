import { expect, test } from 'vitest'
import { createCatalog } from './Catalog.ts'

const { concerns, match } = createCatalog([], 6, [
  { routeId: 'photo', method: 'GET', path: '/photos/:id', unitAmount: '$0.01' },
  { routeId: 'all', method: 'POST', path: '/files/*', unitAmount: '$0.01' },
  { method: 'GET', path: '/%C3%BCber' },
])

test.each([
  ['as it is written', '/photos/1'],
  ['whatever its method', '/files/a/b'],
  ['with a slash at its end', '/photos/1/'],
  ['with an empty segment', '//photos//1'],
  ['in other letters', '/PHOTOS/1'],
  ['in compatible characters', '/%EF%BD%90hotos/1'],
  ['with needless encoding', '/photos/%31'],
  ['with an encoded slash', '/photos%2F1'],
  ['with an encoded slash, in small letters', '/photos%2f1'],
  ['with a backslash', '/photos%5C1'],
  ['with two layers of encoding', '/photos%252F1'],
  ['with parameters', '/photos;v=1/1'],
  ['with a dot at its end', '/photos./1'],
  ['with a control character', '/photos%00/1'],
  ['by way of another path', '/x/..%2Fphotos/1'],
  ['by way of another path, past a dot', '/x/./../photos/1'],
  ['by way of another path, past an encoded dot', '/x/.%2F..%2Fphotos/1'],
  ['by way of another path, past a dot in two layers', '/x/%252e/%252e%252e/photos/1'],
  ['by way of another path, past slashes that are one', '/x//../photos/1'],
  ['by way of another path, past slashes that are two', '/photos//../1'],
  ['with bytes that are no text', '/photos/%FF'],
  ['in small hexadecimal digits', '/%c3%bcber'],
  ['in more layers than anybody means', `/x%${'25'.repeat(9)}2F1`],
  ['too long to be matched', `/photos/${'a'.repeat(5_000)}`],
])('a path is a route’s, or refused as such: %s', (_, path) => {
  expect(concerns(path)).toBe(true)
})

test.each([
  '/',
  '/health',
  '/photos',
  '/photos/1/2',
  '/@scope%2Fname',
  '/repos/photos%2F1',
  '/static/%7Euser/',
  '/%FF',
  '/..%2F..',
  '/x/./photos/1',
  '/x/y//../photos/1',
  `/${'a'.repeat(5_000)}`,
])('%s is somebody else’s', (path) => {
  expect(concerns(path)).toBe(false)
})

test('what is matched is concerned', () => {
  for (const path of ['/photos/1', '/files/a', '/%C3%BCber'])
    expect([concerns(path), match('GET', path).kind !== 'none']).toEqual([true, true])
})
