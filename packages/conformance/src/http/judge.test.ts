import { expect, test } from 'vitest'
import type { Expected } from './Exchange.ts'
import { judge } from './judge.ts'
import { fill, type Kept, read } from './kept.ts'

const message = Buffer.from('{"success":true,"list":[{"a":1}]}').toString('base64')
const answer = {
  status: 200,
  bytes: Buffer.from('bytes'),
  headers: { 'content-type': 'application/json', 'payment-response': message },
  text: '{"code":"OK","facts":{"field":"$.planId","id":"http-1"}}',
}
const kept: Kept = new Map([['id', 'http-1']])
const judged = (expected: Partial<Expected>) => () =>
  judge(answer, { status: 200, ...expected }, kept)

test.each<Partial<Expected>>([
  { headers: { 'content-type': 'application/json', allow: { $is: 'absent' } } },
  { headers: { 'content-type': { $has: 'json' } }, text: { $lacks: 'secret' } },
  { body: { code: { $like: '^O' }, facts: { id: '{{id}}' } } },
  { decoded: { 'payment-response': { list: [{ a: 1 }] } } },
  { status: { $like: '^2' }, base64: 'Ynl0ZXM=' },
])('an answer that is as expected: %j', (expected) => {
  expect(judged(expected)).not.toThrow()
})

test.each<Partial<Expected>>([
  { status: 201 },
  { status: { $like: '^(?!200)' } },
  { base64: 'AAAA' },
  { headers: { 'content-type': 'text/plain' } },
  { headers: { allow: { $is: 'present' } } },
  { headers: { 'content-type': { $has: 'xml' } } },
  { headers: { allow: 'GET' } },
  { text: { $lacks: 'http-1' } },
  { body: { code: { $like: '^K' } } },
  { body: { facts: { id: 'http-2' } } },
  { body: { facts: { other: true } } },
  { body: { code: { deeper: 1 } } },
  { decoded: { 'payment-response': { list: [] } } },
  { decoded: { 'payment-response': { list: [{ a: 2 }] } } },
  { decoded: { 'payment-required': { x402Version: 2 } } },
])('an answer that is not: %j', (expected) => {
  expect(judged(expected)).toThrow(expect.objectContaining({ name: 'LawBroken' }))
})

test('a 402 without an offer, an offer without a 402 and a cookie are never right', () => {
  const offer = { 'payment-required': message }
  const [bare, odd] = [
    { ...answer, status: 402 },
    { ...answer, headers: offer },
  ]
  expect(() => judge(bare, { status: 402 }, kept)).toThrow('come together')
  expect(() => judge(odd, { status: 200 }, kept)).toThrow('come together')
  const cookie = { ...answer, headers: { 'set-cookie': 'a=b' } }
  expect(() => judge(cookie, { status: 200 }, kept)).toThrow('cookie')
})

test('what an answer holds is found for later steps, and put where they name it', () => {
  const found: Kept = new Map([
    ['success', read(answer, { decoded: 'payment-response' })],
    ['field', read(answer, { body: '$.facts.field' })],
  ])
  expect(fill({ whole: '{{success}}', part: 'at {{field}}' }, found)).toEqual({
    whole: { success: true, list: [{ a: 1 }] },
    part: 'at $.planId',
  })
  expect(() => read(answer, { body: '$.nothing.here' })).toThrow('no $.nothing.here')
  expect(() => fill('{{never}}', found)).toThrow('never')
})
