import { rereadWebBody } from '@key0/middleware-kit'
import { Hono, type HonoRequest } from 'hono'
import { expect, test } from 'vitest'

type Read = (req: HonoRequest) => Promise<unknown>

/** What is read of a body after somebody has read it; a code for what cannot be. */
async function reread(read: Read, init: RequestInit): Promise<string | undefined> {
  let seen: string | undefined
  const app = new Hono().all('/', async (c) => {
    await read(c.req)
    seen = await rereadWebBody(c.req).then(
      (bytes) => bytes && new TextDecoder().decode(bytes),
      (error: { code: string }) => error.code,
    )
    return c.body(null)
  })
  await app.request('/', { method: 'POST', ...init })
  return seen
}

const form = new URLSearchParams('a=1+2&a=3')
const files = new FormData()
files.append('a', '1')

test.each<[string, Read]>([
  ['as JSON', (req) => req.json()],
  ['as text', (req) => req.text()],
  ['as bytes', (req) => req.arrayBuffer()],
  ['as a blob', (req) => req.blob()],
])('a body that was read %s is read again as it came', async (_, read) => {
  expect(await reread(read, { body: '{ "a": "ü" }' })).toBe('{ "a": "ü" }')
})

test.each<[string, Read]>([
  ['by parseBody', (req) => req.parseBody()],
  ['by formData', (req) => req.formData()],
])('a form that was read %s is the same form again', async (_, read) => {
  expect(await reread(read, { body: form })).toBe('a=1+2&a=3')
})

test('files that were parsed are there as they came, or not at all', async () => {
  expect(await reread((req) => req.parseBody(), { body: files })).toContain('name="a"')
  expect(await reread((req) => req.formData(), { body: files })).toBe('RAW_BODY_MISSING')
})

test('what was read past Hono is gone', async () => {
  expect(await reread((req) => req.raw.text(), { body: 'text' })).toBe('RAW_BODY_MISSING')
})

test('what nobody has read is left to be read', async () => {
  expect(await reread(async () => {}, { body: 'text' })).toBeUndefined()
  expect(await reread(async () => {}, { method: 'GET' })).toBeUndefined()
})
