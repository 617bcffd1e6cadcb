import { expect, test } from 'vitest'
import { type Answer, startBackend } from '../../test/backend.ts'
import {
  type OAuthClientCredentialsOptions,
  oauthClientCredentialsAuth,
} from './oauthClientCredentialsAuth.ts'

const client = { clientId: 'key0', clientSecret: 's3cr:t/+ %' }
/** Every token has its number. */
const issue =
  (more: object = { expires_in: 60 }): Answer =>
  (response, { headers }) => {
    served.push(headers.authorization ?? '')
    response.writeHead(200, { 'content-type': 'application/json' })
    const token = { access_token: `token-${served.length}`, token_type: 'Bearer' }
    response.end(JSON.stringify({ ...token, ...more }))
  }
let served: string[] = []

async function start(
  answers: readonly Answer[],
  more: Partial<OAuthClientCredentialsOptions> = {},
) {
  served = []
  const server = await startBackend(...answers)
  const clock = { atMs: 1_700_000_000_000 }
  const options = { tokenUrl: server.url, ...client, nowMs: () => clock.atMs, ...more }
  const auth = oauthClientCredentialsAuth(options)
  const stop = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  return { ...stop, server, clock, ask: async () => (await auth()).authorization }
}

test('asks as RFC 6749 says, with the secret in a Basic header', async () => {
  await using scene = await start([issue()], { scopes: ['read', 'write'], audience: 'api' })
  expect(await scene.ask()).toBe('Bearer token-1')
  const [seen] = scene.server.seen
  expect(seen?.method).toBe('POST')
  expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
    grant_type: 'client_credentials',
    scope: 'read write',
    audience: 'api',
  })
  const [scheme, basic = ''] = (seen?.headers.authorization ?? '').split(' ')
  const [id, secret = ''] = Buffer.from(basic, 'base64').toString().split(':')
  // Section 2.3.1: each half is form-encoded first, so that a colon in the secret is harmless.
  expect([scheme, id, new URLSearchParams(`x=${secret}`).get('x')]).toEqual([
    'Basic',
    client.clientId,
    client.clientSecret,
  ])
})

test('or in the body, for servers that read nothing else', async () => {
  await using scene = await start([issue()], { clientAuthentication: 'body' })
  await scene.ask()
  const [seen] = scene.server.seen
  expect(Object.fromEntries(new URLSearchParams(seen?.body))).toEqual({
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  })
  expect(seen?.headers.authorization).toBeUndefined()
})

test('a token serves until ten seconds before its end', async () => {
  await using scene = await start([issue()])
  const { clock, ask } = scene
  expect(await ask()).toBe('Bearer token-1')
  clock.atMs += 49_999
  expect(await ask()).toBe('Bearer token-1')
  clock.atMs += 1
  expect(await ask()).toBe('Bearer token-2')
})

test('fifty calls at the moment it ends make one request', async () => {
  await using scene = await start([issue()])
  await scene.ask()
  scene.clock.atMs += 60_000
  const headers = await Promise.all(Array.from({ length: 50 }, scene.ask))
  expect(new Set(headers)).toEqual(new Set(['Bearer token-2']))
  expect(scene.server.seen).toHaveLength(2)
})

test('a token that names no end serves only those who waited for it', async () => {
  await using scene = await start([issue({})])
  expect(await Promise.all([scene.ask(), scene.ask()])).toEqual([
    'Bearer token-1',
    'Bearer token-1',
  ])
  expect(await scene.ask()).toBe('Bearer token-2')
})

const refuse: Answer = (response) => {
  response.writeHead(401, { 'content-type': 'application/json' })
  response.end('{"error":"invalid_client"}')
}
const babble: Answer = (response) => response.end('<html>')
const redirect: Answer = (response) =>
  response.writeHead(307, { location: 'http://127.0.0.1:1/elsewhere' }).end()
const otherKind: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"access_token":"mac","token_type":"mac"}')
}

test.each([
  ['a refusal', refuse],
  ['a page', babble],
  ['a redirect', redirect],
  ['a token of another kind', otherKind],
])('%s is no token, and the next call asks again', async (_, answer) => {
  await using scene = await start([answer, issue()])
  const failure = await scene.ask().then(
    () => undefined,
    (error: Error) => error,
  )
  expect(failure).toBeInstanceOf(Error)
  expect(`${failure?.message}`).not.toContain(client.clientSecret)
  expect(await scene.ask()).toBe('Bearer token-1')
})

test('a server that never answers holds up nobody for longer than timeoutMs', async () => {
  await using scene = await start([() => undefined], { timeoutMs: 50 })
  await expect(scene.ask()).rejects.toThrow()
})

test.each([
  ['tokenUrl', { tokenUrl: 'http://auth.example/token' }],
  ['tokenUrl', { tokenUrl: 'no address' }],
  ['clientId', { clientId: '' }],
  ['clientSecret', { clientSecret: '' }],
  ['scopes', { scopes: ['two words'] }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['clientAuthentication', { clientAuthentication: 'none' as 'basic' }],
])('a wrong %s is refused when it is configured', (field, wrong) => {
  const options = { tokenUrl: 'https://auth.example/token', ...client, ...wrong }
  expect(() => oauthClientCredentialsAuth(options)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', facts: { [field]: expect.any(String) } }),
  )
})
