import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { ChallengeRecord } from '@key0/core'
import { verifyWebhook } from '@key0/delivery'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listRecords } from '../src/listRecords.ts'
import {
  cheap,
  dear,
  proxySecret,
  type RoutesScene,
  startRoutes,
  webhookSecret,
} from '../src/routesScene.ts'
import { stopServers } from '../src/servers.ts'
import { everyByte } from '../src/startUpstream.ts'

afterAll(stopServers)

/** Waits for what another process does. */
async function until<found>(look: () => Promise<found | undefined>): Promise<found> {
  for (let waited = 0; waited < 300; waited += 1) {
    const found = await look()
    if (found !== undefined) return found
    await pause(100)
  }
  throw new Error('it did not happen')
}

const codeOf = (body: Buffer) => (JSON.parse(body.toString()) as { code: string }).code

describe.each(['embedded', 'redis', 'postgres'] as const)(
  'a gateway with a store in %s',
  (kind) => {
    let scene: RoutesScene
    beforeAll(async () => {
      scene = await startRoutes(kind)
    }, 60_000)
    afterAll(() => scene?.[Symbol.asyncDispose]())

    async function recordOf(path: string): Promise<ChallengeRecord> {
      const store = scene.open()
      const records = await listRecords(store)
      const found = records.find(({ resource, paidAt }) => paidAt && resource?.path === path)
      if (!found) throw new Error(`no record of ${path}`)
      return found
    }

    test('a request is bought, its lost answer is repeated, and it is charged once', async () => {
      const { buy, ask, upstream, chain, buyer } = scene
      const before = await chain.balanceOf(buyer.address)
      const { answer, payment } = await buy('/items/binary?a=%2F&b')
      expect([answer.status, answer.body]).toEqual([200, everyByte])
      expect(answer.headers['content-type']).toBe('application/octet-stream')
      const asked = upstream.asked.filter(({ url }) => url === '/items/binary?a=%2F&b')
      expect(asked[0]?.headers['x-key0-internal-token']).toBe(proxySecret)
      const again = await ask('/items/binary?a=%2F&b', {
        headers: { 'payment-signature': payment },
      })
      expect([again.status, again.body]).toEqual([200, everyByte])
      expect(again.headers['payment-response']).toBe(answer.headers['payment-response'])
      expect(upstream.asked.filter(({ url }) => url === '/items/binary?a=%2F&b')).toHaveLength(1)
      expect(before - (await chain.balanceOf(buyer.address))).toBe(cheap)
      expect(await recordOf('/items/binary')).toMatchObject({ state: 'DELIVERED', planId: 'item' })
    })

    test('the server behind fails: the buyer is told, and refunded on chain', async () => {
      const { buy, ask, chain, buyer } = scene
      const before = await chain.balanceOf(buyer.address)
      const { answer, payment } = await buy('/items/broken')
      const told = JSON.parse(answer.body.toString()) as { code: string; facts: object }
      expect([answer.status, told.code]).toEqual([502, 'DELIVERY_FAILED'])
      expect(told.facts).toMatchObject({
        upstreamStatus: '500',
        refund: 'automatic',
        state: 'PAID',
      })
      expect(answer.body.toString()).not.toContain('stack trace')
      await until(async () =>
        (await chain.balanceOf(buyer.address)) === before ? true : undefined,
      )
      const record = await until(async () => {
        const one = await recordOf('/items/broken')
        return one.state === 'REFUNDED' ? one : undefined
      })
      expect(record).toMatchObject({ resource: { method: 'GET', path: '/items/broken' } })
      expect(record).not.toHaveProperty('response')
      const late = await ask('/items/broken', { headers: { 'payment-signature': payment } })
      expect([late.status, codeOf(late.body)]).toEqual([410, 'CHALLENGE_REFUNDED'])
    })

    test('the backend is told of what was delivered, signed, and of nothing that was not', async () => {
      const { buy, backend } = scene
      expect((await buy('/items/told?size=canary')).answer.status).toBe(200)
      const isTold = async () => backend.asked.find(({ body }) => body.includes('/items/told'))
      const { url, headers, body } = await until(isTold)
      const { challengeId, requestId, txHash, fromAddress } = await recordOf('/items/told')
      expect(url).toBe('/internal/payment-received')
      expect(body).not.toContain('canary')
      const resource = { routeId: 'item', method: 'GET', path: '/items/told' }
      expect(await verifyWebhook({ headers, body }, webhookSecret)).toMatchObject({
        kind: 'genuine',
        payload: {
          ...{ type: 'PaidRequest', challengeId, requestId, txHash, resource },
          payment: { amountRaw: `${cheap}`, fromAddress },
        },
      })
      // Of what the test before this one was refunded.
      expect(backend.asked.filter((each) => each.body.includes('/items/broken'))).toEqual([])
    })
  },
)

describe('one gateway', () => {
  let scene: RoutesScene
  beforeAll(async () => {
    scene = await startRoutes('embedded')
  }, 60_000)
  afterAll(() => scene?.[Symbol.asyncDispose]())

  test('a free route is passed on at once, as it came', async () => {
    const { ask, upstream } = scene
    const how = { method: 'POST', body: 'hello', headers: { 'x-a': 'b', host: 'evil.example' } }
    const answer = await ask('/free/a;b@c?q=%22', how)
    expect(JSON.parse(answer.body.toString())).toEqual({
      ...{ method: 'POST', url: '/free/a;b@c?q=%22', body: 'hello' },
    })
    expect(answer.headers['payment-response']).toBeUndefined()
    const { headers } = upstream.asked.at(-1) ?? { headers: {} }
    expect(headers).toMatchObject({ 'x-a': 'b', host: new URL(upstream.url).host })
  })

  test('a free route: conditions, ranges, redirects and HEAD pass', async () => {
    const { ask } = scene
    const cached = await ask('/free/cached', { headers: { 'if-none-match': '"1"' } })
    expect([cached.status, cached.body.length]).toEqual([304, 0])
    const range = await ask('/free/range', { headers: { range: 'bytes=0-3' } })
    expect([range.status, range.body]).toEqual([206, everyByte.subarray(0, 4)])
    const moved = await ask('/free/moved')
    expect([moved.status, moved.headers.location]).toEqual([302, 'http://169.254.169.254/'])
    const head = await ask('/free/range', { method: 'HEAD' })
    expect([head.status, head.body.length]).toEqual([200, 0])
  })

  test('a paid one: the whole is delivered, whatever a client has and whichever part it asks for', async () => {
    const whole = await scene.buy('/items/cached', { headers: { 'if-none-match': '"1"' } })
    expect([whole.answer.status, whole.answer.body.toString()]).toEqual([200, 'new'])
    const headers = { range: 'bytes=0-3', 'if-range': '"old"' }
    const { answer, payment } = await scene.buy('/items/range', { headers })
    expect([answer.status, answer.body, answer.headers['accept-ranges']]).toEqual([
      200,
      everyByte,
      'none',
    ])
    const resumed = { range: 'bytes=4-7', 'payment-signature': payment }
    const again = await scene.ask('/items/range', { headers: resumed })
    expect([again.status, again.body]).toEqual([200, everyByte])
    const moved = await scene.buy('/items/moved')
    expect([moved.answer.status, codeOf(moved.answer.body)]).toEqual([502, 'DELIVERY_FAILED'])
    expect(moved.answer.headers.location).toBeUndefined()
  })

  test('HEAD of a priced route has its price, OPTIONS has none', async () => {
    const { ask, upstream } = scene
    const count = upstream.asked.length
    const head = await ask('/items/1', { method: 'HEAD' })
    expect([head.status, head.headers['payment-required'] !== undefined]).toEqual([402, true])
    const preflight = await ask('/items/1', { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS'])
    expect(upstream.asked).toHaveLength(count)
  })

  test('a body is bound to what was paid', async () => {
    const { ask, buy } = scene
    const how = { method: 'POST', body: 'one' }
    const { answer, payment } = await buy('/items', how)
    expect(JSON.parse(answer.body.toString())).toMatchObject({ method: 'POST', body: 'one' })
    const headers = { 'payment-signature': payment }
    expect((await ask('/items', { method: 'POST', body: 'two', headers })).status).toBe(409)
    expect((await ask('/items/1', { headers })).status).toBe(409)
  })

  test('a server that is busy once delivers when the same payment comes again', async () => {
    const { ask, buy } = scene
    const { answer, payment } = await buy('/items/once')
    expect(answer.status).toBe(502)
    const again = await ask('/items/once', { headers: { 'payment-signature': payment } })
    expect([again.status, again.body.toString()]).toEqual([200, 'then'])
  })

  test('a server that is silent is given up, and the money goes back', async () => {
    const { buy, chain, buyer } = scene
    const before = await chain.balanceOf(buyer.address)
    const { answer } = await buy('/items/silent')
    expect([answer.status, codeOf(answer.body)]).toEqual([502, 'DELIVERY_FAILED'])
    await until(async () => ((await chain.balanceOf(buyer.address)) === before ? true : undefined))
  })

  test('events are delivered at the first one, pass as they come, and end with their reader', async () => {
    const { ask, sign, url, upstream } = scene
    const payment = await sign(await ask('/items/events'))
    const headers = { 'payment-signature': payment }
    const abort = new AbortController()
    const response = await fetch(`${url}/items/events`, { headers, signal: abort.signal })
    const first = await response.body?.getReader().read()
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: first\n\n')
    const again = await ask('/items/events', { headers })
    expect([again.status, codeOf(again.body)]).toEqual([410, 'RESPONSE_NOT_KEPT'])
    abort.abort()
    await upstream.streamEnded
  })

  test('a request may be bought in JSON', async () => {
    const { ask, sign } = scene
    const body = JSON.stringify({ resource: { path: '/items/binary' } })
    const json = { 'content-type': 'application/json' }
    const payment = await sign(await ask('/x402/access', { method: 'POST', body, headers: json }))
    const headers = { ...json, 'payment-signature': payment }
    const answer = await ask('/x402/access', { method: 'POST', body, headers })
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      ...{ type: 'ResourceResponse', status: 200, body: everyByte.toString('base64') },
    })
  })

  test.each([
    ...[
      '//items/secret',
      '/items//secret',
      '/items/secret/',
      '/items/./secret',
      '/items/x/../secret',
    ],
    ...['/files/a/../../items/secret', '/files/a/%2e%2e/%2e%2e/items/secret', '/items%2Fsecret'],
    ...[
      '/files/a/..%2F..%2Fitems%2Fsecret',
      '/items%252Fsecret',
      '/items%5Csecret',
      '/items\\secret',
    ],
    ...['/ITEMS/secret', '/Items/Secret', '/items/SECRET', '/items/%73ecret', '/items/secret.'],
    ...['/items/secret%2E', '/items/secret;x=1', '/items/secret%', '/items/%c0%afsecret'],
    ...['/files/a/b;/../../../items/secret', '/items/secret%00', '/items/\u0455ecret%'],
    ...['http://evil.example/items/secret', '@evil.example/items/1', '//evil.example/items/1'],
    ...['/items/%EF%BD%93ecret', '/free/x/../../items/secret', '/free/..%2Fitems%2Fsecret', '*'],
    ...['http://evil.example/free/1', 'http://127.0.0.1/free/1', '/free/1%', '/free/%2e%2e/1'],
  ])('the dear secret is not to be had, nor asked for, by %j', async (target) => {
    const { url, upstream } = scene
    const count = upstream.asked.length
    const { hostname, port } = new URL(url)
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.end(`GET ${target} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
      )
      let text = ''
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      socket.on('end', () => resolve(text)).on('error', reject)
    })
    expect(reply).toMatch(/^HTTP\/1\.1 (?:400|404) /)
    expect(upstream.asked).toHaveLength(count)
  })

  test('the secret itself has its own price', async () => {
    const { buy, chain, buyer } = scene
    // Not by balances: what an earlier purchase is owed may come back meanwhile.
    const sent = () => chain.transfers({ from: buyer.address })
    const before = await sent()
    expect((await buy('/items/secret')).answer.body.toString()).toBe('the dear secret')
    expect((await sent()).slice(before.length).map(({ value }) => value)).toEqual([dear])
  })

  test.each([
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-prefix': '/items', forwarded: 'host=evil' },
    { 'x-original-url': '/items/secret', 'x-rewrite-url': '/items/secret' },
    { 'x-http-method-override': 'DELETE', 'x-key0-internal-token': 'forged' },
  ])('what a client adds (%j) changes nothing behind', async (headers) => {
    const { ask, upstream } = scene
    await ask('/free/1', { headers })
    const one = upstream.asked.at(-1)
    const { method, url } = one ?? {}
    const seen: Readonly<Record<string, unknown>> = one?.headers ?? {}
    expect({ method, url }).toEqual({ method: 'GET', url: '/free/1' })
    for (const name of Object.keys(headers))
      expect(`${seen[name]}`).not.toMatch(/evil|forged|items|DEL/)
    expect(seen['x-key0-internal-token']).toBe(proxySecret)
  })

  test('nothing of a payment is printed', () => {
    expect(scene.gateway.output()).not.toContain(proxySecret)
    expect(scene.gateway.output()).toContain('GET /items/:id $0.01')
  })
})
