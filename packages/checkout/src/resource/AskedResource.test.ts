import { expect, test } from 'vitest'
import { readAskedResource } from './AskedResource.ts'

test('a request in JSON, with what it does not say', () => {
  expect(readAskedResource({ path: '/a?b=1', extra: 1 }, '$.resource')).toEqual({
    ...{ method: 'GET', path: '/a?b=1' },
  })
})

test.each([
  'application/json',
  'application/vnd.api+json; charset=utf-8',
  'multipart/form-data; boundary="a b"',
  'text/plain \t; charset=utf-8',
])('%s is a media type', (contentType) => {
  const asked = { method: 'POST', path: '/a', body: 'b', contentType }
  expect(readAskedResource(asked, '$.resource')).toEqual(asked)
  expect(new Headers({ 'content-type': contentType }).get('content-type')).toBe(contentType)
})

test.each<[string, unknown]>([
  ['$.resource', 'GET /a'],
  ['$.resource', null],
  ['$.resource.path', { method: 'GET' }],
  ['$.resource.method', { method: 1, path: '/a' }],
  ['$.resource.body', { path: '/a', body: {} }],
  ['$.resource.contentType', { path: '/a', contentType: '' }],
  ['$.resource.contentType', { path: '/a', contentType: 'text' }],
  ['$.resource.contentType', { path: '/a', contentType: 'a/b; c\r\nx: y' }],
  ['$.resource.contentType', { path: '/a', contentType: 'a/b\n; c' }],
  ['$.resource.contentType', { path: '/a', contentType: 'a/b\u2028;c' }],
  ['$.resource.contentType', { path: '/a', contentType: 'a/b\u0000' }],
  ['$.resource.contentType', { path: '/a', contentType: 'a/b; é' }],
])('%s is named where it is not what it should be: %j', (field, value) => {
  expect(() => readAskedResource(value, '$.resource')).toThrow(
    expect.objectContaining({ facts: expect.objectContaining({ field }) }),
  )
})
