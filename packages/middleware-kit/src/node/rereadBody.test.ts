import { expect, test } from 'vitest'
import type { NodeRequest } from './createListener.ts'
import { rereadBody } from './rereadBody.ts'

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

const reread = (body: unknown, type?: string, rawBody?: Buffer): string | undefined =>
  rereadBody({ body, rawBody, headers: { 'content-type': type } } as NodeRequest)?.toString()

test.each([
  ['bytes', Buffer.from('{"a": 1}'), json, '{"a": 1}'],
  ['text', '{"a": 1}', json, '{"a": 1}'],
  ['JSON', { a: [1, 'ü', null] }, json, '{"a":[1,"ü",null]}'],
  ['JSON of another type', { a: 1 }, 'Application/Merge-Patch+JSON; charset=utf-8', '{"a":1}'],
  ['a list', [1], json, '[1]'],
  ['nothing, as JSON', null, json, 'null'],
  ['a form', { a: '1 2', b: ['3', '&'] }, `${form}; charset=utf-8`, 'a=1+2&b=3&b=%26'],
])('what a parser made of %s is bytes again', (_, body, type, bytes) => {
  expect(reread(body, type)).toBe(bytes)
})

test.each([
  ['nothing that is left', undefined, json],
  ['a form in a form', { a: { b: '1' } }, form],
  ['the fields beside files', { a: '1' }, 'multipart/form-data; boundary=x'],
  ['another language', { a: '1' }, 'application/xml'],
  ['no type', { a: '1' }, undefined],
  ['a form that is nothing', null, form],
  ['a form that is a number', 1, form],
])('of %s no bytes can be made', (_, body, type) => {
  expect(reread(body, type)).toBeUndefined()
})

test.each([
  ['a text, which is JSON of its own', 'abc', {}, '"abc"'],
  ['a text that looks like JSON, by its length', '12', { 'content-length': '4' }, '"12"'],
  ['JSON that is left as it came, by its length', '12', { 'content-length': '2' }, '12'],
  ['JSON that is left as it came, of unknown length', '{"a": 1}', {}, '{"a": 1}'],
  [
    'JSON that came compressed and is left as text',
    '[1]',
    { 'content-length': '23', 'content-encoding': 'gzip' },
    '[1]',
  ],
])('what is bound is what the buyer sent: %s', (_, body, headers, bytes) => {
  const request = { body, headers: { 'content-type': json, ...headers } } as NodeRequest
  expect(rereadBody(request)?.toString()).toBe(bytes)
})

test('bytes that were kept come before what was made of them', () => {
  expect(reread({ a: 1 }, json, Buffer.from('{ "a": 1 }'))).toBe('{ "a": 1 }')
})
