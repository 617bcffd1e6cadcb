import { expect, test } from 'vitest'
import { closedUrl, hang, startBackend, startSocketServer, status } from '../../test/backend.ts'
import { createPoster, type PosterOptions } from './createPoster.ts'
import type { Resolve } from './createPublicLookup.ts'
import { isPublicAddress } from './isPublicAddress.ts'

const { signal } = new AbortController()

const posterTo = (url: string, options: Partial<PosterOptions> = {}) =>
  createPoster({ url: new URL(url), networks: 'any', timeoutMs: 2_000, ...options })

const answers =
  (...lists: readonly (readonly [address: string, family: 4 | 6][])[]): Resolve =>
  (_, answer) => {
    const list = (lists.length > 1 ? (lists as unknown[]).shift() : lists[0]) as (typeof lists)[0]
    answer(
      null,
      (list ?? []).map(([address, family]) => ({ address, family })),
    )
  }

test.each([
  ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:a00:1', '::ffff:a9fe:a9fe', '::127.0.0.1'],
  ...['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
  ...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', 'ff02::1', '100::1'],
  ...['2001:db8::1', '3fff::1', '5f00::1', 'localhost', '0x7f.1', '127.1', ''],
])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false))

test.each([
  ...['1.1.1.1', '8.8.8.8', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.167.0.1', '223.0.0.1'],
  ...['2606:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8'],
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true))

test.each([
  ...['http://127.0.0.1:9/', 'http://0x7f.1:9/', 'http://2130706433:9/', 'http://[::1]:9/'],
  ...['http://[::ffff:127.0.0.1]:9/', 'http://169.254.169.254/latest', 'https://10.0.0.1/'],
])('the address %s is never connected to', async (url) => {
  const posted = await posterTo(url, { networks: 'public' }).post({}, '{}', signal)
  expect(posted).toEqual({ kind: 'failed', reason: 'its address is not public' })
})

test('a name that resolves to private addresses is never connected to, whatever their spelling', async () => {
  await using server = await startSocketServer(() => undefined)
  const { port } = new URL(server.url)
  const bad: (readonly [string, 4 | 6])[] = [
    ['127.0.0.1', 4],
    ['::1', 6],
    ['::ffff:7f00:1', 6],
  ]
  for (const each of bad) {
    const resolve = answers([[...each]])
    const poster = posterTo(`http://rebound.example:${port}/`, { networks: 'public', resolve })
    const posted = await poster.post({}, '{}', signal)
    expect(posted).toEqual({ kind: 'failed', reason: 'its address is not public' })
  }
  expect(server.connections()).toBe(0)
})

test('the name is asked once a connection, so one that changes its mind changes nothing', async () => {
  await using server = await startSocketServer(() => undefined)
  const { port } = new URL(server.url)
  let asked = 0
  const resolve: Resolve = (_, answer) => {
    asked += 1
    // Public when checked; private to whoever asks again in order to connect. 192.88.98.1 stands
    // for a host that never answers.
    const address = asked === 1 ? '192.88.98.1' : '127.0.0.1'
    answer(null, [{ address, family: 4 }])
  }
  const options = { networks: 'public', resolve, timeoutMs: 150 } as const
  await posterTo(`http://rebound.example:${port}/`, options).post({}, '{}', signal)
  expect([asked, server.connections()]).toEqual([1, 0])
})

test('of several addresses only the public ones are tried', async () => {
  await using server = await startSocketServer(() => undefined)
  const { port } = new URL(server.url)
  const resolve = answers([
    ['127.0.0.1', 4],
    ['192.88.98.1', 4],
    ['::1', 6],
  ])
  const options = { networks: 'public', resolve, timeoutMs: 150 } as const
  const posted = await posterTo(`http://mixed.example:${port}/`, options).post({}, '{}', signal)
  expect(posted.kind).toBe('failed')
  expect(server.connections()).toBe(0)
})

test('a redirect is an answer, and nobody goes where it points', async () => {
  await using inside = await startBackend(status(200))
  await using backend = await startBackend((response) =>
    response.writeHead(307, { location: inside.url }).end(),
  )
  const posted = await posterTo(backend.url).post({}, '{}', signal)
  expect(posted).toMatchObject({ kind: 'answered', status: 307 })
  expect(inside.seen).toEqual([])
})

test('the answer is known by its status, its beginning and when to come back', async () => {
  await using backend = await startBackend((response) =>
    response.writeHead(503, { 'retry-after': '7' }).end(`busy${'.'.repeat(100_000)}`),
  )
  const posted = await posterTo(backend.url).post({ 'webhook-id': 'evt_1' }, '{"ä":1}', signal)
  expect(posted).toMatchObject({ kind: 'answered', status: 503, retryAfterMs: 7_000 })
  expect(posted.kind === 'answered' && posted.excerpt).toBe(`busy${'.'.repeat(508)}`)
  const [seen] = backend.seen
  expect(seen?.body).toBe('{"ä":1}')
  expect(seen?.headers).toMatchObject({ 'webhook-id': 'evt_1', 'content-type': 'application/json' })
})

test('connections are kept, and one that was closed meanwhile costs nothing', async () => {
  const sockets: (() => void)[] = []
  await using server = await startSocketServer((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
    sockets.push(() => socket.destroy())
  })
  const poster = posterTo(server.url)
  for (const _ of [1, 2, 3])
    expect(await poster.post({}, '{}', signal)).toMatchObject({ status: 204 })
  expect(server.connections()).toBe(1)
  for (const close of sockets) close()
  expect(await poster.post({}, '{}', signal)).toMatchObject({ status: 204 })
  poster.close()
})

test('a receiver that hangs, hangs up, is down, or never ends its answer', async () => {
  await using hanging = await startBackend(hang)
  const posted = await posterTo(hanging.url, { timeoutMs: 50 }).post({}, '{}', signal)
  expect(posted).toEqual({ kind: 'failed', reason: 'no answer within 50 ms' })
  await using hungUp = await startBackend((response) => response.socket?.destroy())
  expect(await posterTo(hungUp.url).post({}, '{}', signal)).toEqual({
    ...{ kind: 'failed', reason: 'the connection failed (ECONNRESET)' },
  })
  expect(await posterTo(await closedUrl()).post({}, '{}', signal)).toEqual({
    ...{ kind: 'failed', reason: 'the connection failed (ECONNREFUSED)' },
  })
  await using endless = await startBackend((response) => response.writeHead(200).flushHeaders())
  const known = await posterTo(endless.url, { timeoutMs: 1_000 }).post({}, '{}', signal)
  expect(known).toMatchObject({ kind: 'answered', status: 200 })
})

test('the caller may stop it', async () => {
  await using hanging = await startBackend(hang)
  const controller = new AbortController()
  const posting = posterTo(hanging.url).post({}, '{}', controller.signal)
  await hanging.whenSeen(1)
  controller.abort()
  expect(await posting).toEqual({ kind: 'stopped' })
})
