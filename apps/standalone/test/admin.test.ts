import { digestId } from '@key0/app-kit'
import { createSteeredClock } from '@key0/conformance/store'
import { describe, expect, test } from 'vitest'
import { DAY_MS, openAdminDesk, token } from './adminDesk.ts'

const json = { 'content-type': 'application/json' }

/** What an answer says, without the time it was said at. */
async function wholeOf(response: Response): Promise<object> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }
}

describe('without the token', () => {
  const calls = ['GET /endpoints', 'POST /endpoints/backend/pause', 'DELETE /endpoints', 'GET /']
  const more = ['GET /nothing', 'OPTIONS /endpoints', 'POST /money', 'GET /challenges/http-1']
  const tokens = [
    '',
    'Bearer',
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token}0`,
    `Bearer ${token.toUpperCase()}`,
    `Basic ${btoa(`admin:${token}`)}`,
    token,
  ]

  test('every path answers the same, one that exists or not', async () => {
    await using desk = await openAdminDesk(createSteeredClock())
    const first = await wholeOf(
      await desk.ask('GET /endpoints', { headers: { authorization: '' } }),
    )
    expect(first).toEqual({
      status: 401,
      headers: {
        'cache-control': 'no-store',
        'content-type': 'application/problem+json',
        'www-authenticate': 'Bearer realm="key0-admin"',
        'x-content-type-options': 'nosniff',
      },
      body: expect.stringContaining('"code":"ADMIN_TOKEN_INVALID"'),
    })
    for (const call of [...calls, ...more])
      for (const authorization of tokens) {
        const headers = { authorization, origin: 'https://page.example' }
        const answer = await wholeOf(await desk.ask(call, { headers }))
        expect(answer, `${call} with "${authorization}"`).toEqual(first)
      }
  })

  test('nothing is done, and the log is not flooded', async () => {
    await using desk = await openAdminDesk(createSteeredClock())
    const [{ endpoint }] = await desk.read('GET /endpoints')
    const headers = { ...json, authorization: 'Bearer wrong' }
    const call = `POST /endpoints/${endpoint}/pause`
    for (let count = 0; count < 100; count += 1)
      await desk.ask(call, { headers, body: '{"reason":"mine now"}' })
    expect((await desk.read('GET /endpoints'))[0].paused).toBeUndefined()
    desk.clock.advance(60_000)
    await desk.ask(call, { headers })
    const text = 'the admin token was missing or wrong'
    expect(desk.logged).toEqual([
      ['warn', { refused: 1 }, text],
      ['warn', { refused: 100 }, text],
    ])
  })
})

test('a night on call by HTTP: who is failing, why, pause, and bring dead letters back', async () => {
  await using desk = await openAdminDesk(createSteeredClock())
  const { clock, dispatcher, receiver, read } = desk
  receiver.status = 400
  const ids = [await desk.sell(), await desk.sell(), await desk.sell()]
  await dispatcher.pass()
  const reason = 'the receiver answered 400'
  const [status] = await read('GET /endpoints')
  expect(status).toMatchObject({ waiting: 3, dead: 0, lastReason: reason })
  expect(status.address).not.toContain('canary')
  const one = `/endpoints/${status.endpoint}`
  expect(await read(`GET ${one}/deliveries?state=waiting`)).toHaveLength(3)

  const order = { actor: 'ada', reason: 'the receiver moves' }
  const paused = { endpoint: status.endpoint, paused: true }
  expect(await read(`POST ${one}/pause`, order)).toEqual(paused)
  expect((await read('GET /endpoints'))[0].paused).toMatchObject({ by: 'ada' })
  clock.advance(3 * DAY_MS)
  await dispatcher.pass()
  expect(receiver.got).toBe(3)
  expect(await read(`POST ${one}/resume`)).toEqual({ ...paused, paused: false })
  await dispatcher.pass()

  const dead = await read(`GET ${one}/deliveries?state=dead`)
  expect(dead).toMatchObject([{ attempts: 2, reason }, {}, {}])
  const [first] = dead
  const story = await read(`GET ${one}/deliveries/${first.sequence}`)
  expect(story).toMatchObject({ state: 'dead', challenge: first.challenge })
  expect(story.attempts[0].response).toEqual({ status: 400, excerpt: '[redacted]' })
  expect(JSON.parse(story.attempts[0].request)).toMatchObject({ type: 'challenge.created' })
  expect(await read(`GET ${one}/attempts?limit=2`)).toHaveLength(2)

  receiver.status = 204
  const again = { endpoint: status.endpoint, sequence: first.sequence }
  expect(await read(`POST ${one}/deliveries/${first.sequence}/redeliver`)).toEqual(again)
  const all = { endpoint: status.endpoint, redelivered: 1, isPartial: true }
  expect(await read(`POST ${one}/redeliver-dead`, { limit: 1 })).toEqual(all)
  expect(await read(`POST ${one}/deliveries/${dead[2].sequence}/discard`)).toMatchObject({
    sequence: dead[2].sequence,
  })
  await dispatcher.pass()
  expect(await read(`GET ${one}/deliveries?state=dead`)).toEqual([])
  expect(await read(`GET ${one}/deliveries?state=delivered`)).toHaveLength(2)
  expect(desk.logged.map(([, facts, text]) => [text, facts])).toContainEqual([
    'an operator acted over HTTP',
    { path: '/endpoints/:endpoint/pause', endpoint: status.endpoint },
  ])
  const everything = JSON.stringify([story, dead, await read(`GET ${one}/attempts`)])
  for (const secret of [...ids, 'canary']) expect(everything).not.toContain(secret)
})

test('where nobody is told of events, the answer is an empty list', async () => {
  await using desk = await openAdminDesk(createSteeredClock(), { isTold: false })
  expect(await desk.read('GET /endpoints')).toEqual([])
})

test('money is looked at, under digests of ids: whoever reads an answer can claim nothing', async () => {
  await using desk = await openAdminDesk(createSteeredClock())
  const { store, mint, read } = desk
  const { base, pay } = mint()
  const payment = pay()
  const id = base.challengeId
  await store.create(base, { key: 'create' })
  await store.settle(id, payment.paymentRef, payment.paid(), { key: `settle ${id}` })
  const fields = { held: `of ${id}: the store lost writes` }
  await store.transition({ id, from: 'PAID', to: 'PAID', key: 'hold', fields })
  const list = await read('GET /money?kind=held,owed')
  expect(list).toMatchObject({
    items: [{ challengeId: digestId(id), kind: 'held', value: `${base.amountRaw}` }],
    totals: { held: { count: 1 } },
    refunds: { isStopped: false },
  })
  expect(await read('GET /money?kind=owed')).toMatchObject({ items: [] })
  const seen = await read(`GET /challenges/${digestId(id)}`)
  expect(seen).toMatchObject({
    record: { challengeId: digestId(id), state: 'PAID', hasGrant: false },
    next: expect.stringContaining('Yours: it is held'),
  })
  expect(seen.history).toHaveLength(3)
  expect(JSON.stringify([list, seen])).not.toContain(id)
  expect(await read(`GET /challenges/${id}`)).toEqual(seen)
  expect(await read('GET /refunds')).toEqual({ isStopped: false })
})

describe('bad input', () => {
  type Row = readonly [
    call: string,
    status: number,
    code: string,
    facts: object,
    init?: RequestInit,
  ]
  const limit = { field: 'limit', expected: 'a whole number from 1 to 1000' }
  const post = (body: string, headers = json): RequestInit => ({ headers, body })
  const bad: readonly Row[] = [
    ['GET /endpoints/we_none/deliveries', 404, 'DELIVERY_UNKNOWN', { endpoint: 'we_none' }],
    ['POST /endpoints/we_none/resume', 404, 'DELIVERY_UNKNOWN', { endpoint: 'we_none' }],
    ['POST /endpoints/we_none/redeliver-dead', 404, 'DELIVERY_UNKNOWN', { endpoint: 'we_none' }],
    ['GET /endpoints/ONE/deliveries/99', 404, 'DELIVERY_UNKNOWN', { event: '99' }],
    ['POST /endpoints/ONE/deliveries/99/redeliver', 404, 'DELIVERY_UNKNOWN', { event: '99' }],
    ['POST /endpoints/ONE/deliveries/1/discard', 404, 'DELIVERY_UNKNOWN', { 'dead letter': '1' }],
    ['GET /endpoints/ONE/deliveries/first', 400, 'REQUEST_MALFORMED', { field: 'event' }],
    ['GET /endpoints/ONE/deliveries/0', 400, 'REQUEST_MALFORMED', { field: 'event' }],
    ['GET /endpoints/ONE/deliveries?limit=0', 400, 'REQUEST_MALFORMED', limit],
    ['GET /endpoints/ONE/deliveries?limit=1001', 400, 'REQUEST_MALFORMED', limit],
    ['GET /endpoints/ONE/attempts?limit=ten', 400, 'REQUEST_MALFORMED', limit],
    ['GET /endpoints/ONE/attempts?limit=1&limit=2', 400, 'REQUEST_MALFORMED', { field: 'limit' }],
    ['GET /endpoints/ONE/deliveries?after=-1', 400, 'REQUEST_MALFORMED', { field: 'after' }],
    ['GET /endpoints/ONE/deliveries?state=lost', 400, 'REQUEST_MALFORMED', { field: 'state' }],
    ['GET /endpoints/ONE/deliveries?colour=red', 400, 'REQUEST_MALFORMED', { field: '$' }],
    ['GET /endpoints/ONE/deliveries?endpoint=b', 400, 'REQUEST_MALFORMED', { field: '$' }],
    ['GET /money?older-than=long', 400, 'REQUEST_MALFORMED', { field: 'older-than' }],
    ['GET /money?payer=0x12', 400, 'REQUEST_MALFORMED', { field: 'payer' }],
    ['GET /money?offset=9999999', 400, 'REQUEST_MALFORMED', { field: 'offset' }],
    ['GET /challenges/http-none', 404, 'CHALLENGE_UNKNOWN', {}],
    ['POST /endpoints/ONE/pause', 400, 'REQUEST_MALFORMED', { field: 'reason' }],
    [
      'POST /endpoints/ONE/pause',
      400,
      'REQUEST_MALFORMED',
      { field: 'reason' },
      post('{"reason":" "}'),
    ],
    [
      'POST /endpoints/ONE/pause',
      400,
      'REQUEST_MALFORMED',
      { field: 'reason' },
      post('{"reason":[]}'),
    ],
    ['POST /endpoints/ONE/pause?reason=x', 400, 'REQUEST_MALFORMED', { field: 'query' }],
    ['POST /endpoints/ONE/pause', 400, 'REQUEST_MALFORMED', {}, post('{"reason":')],
    ['POST /endpoints/ONE/pause', 413, 'BODY_TOO_LARGE', {}, post(`"${'a'.repeat(5_000)}"`)],
    [
      ...(['POST /endpoints/ONE/pause', 415, 'MEDIA_TYPE_UNSUPPORTED', {}] as const),
      post('reason=x', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['DELETE /endpoints', 405, 'METHOD_NOT_ALLOWED', { expected: 'GET, HEAD' }],
    ['GET /endpoints/ONE/pause', 405, 'METHOD_NOT_ALLOWED', { expected: 'POST' }],
    ['POST /challenges/http-1/refund', 404, 'NOT_FOUND', {}],
    ['GET /', 404, 'NOT_FOUND', {}],
  ]

  test('is refused with a code that names the field, and changes nothing', async () => {
    await using desk = await openAdminDesk(createSteeredClock())
    await desk.sell()
    const [{ endpoint }] = await desk.read('GET /endpoints')
    const before = await desk.documents.list('', { limit: 1_000 })
    for (const [call, status, code, facts, init] of bad) {
      const response = await desk.ask(call.replace('ONE', endpoint), init)
      const problem = await response.json()
      expect([response.status, problem], call).toMatchObject([status, { status, code, facts }])
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
    expect(await desk.documents.list('', { limit: 1_000 })).toEqual(before)
  })
})

test('a store that does not answer is told by its code, and in the log', async () => {
  await using desk = await openAdminDesk(createSteeredClock())
  const canary = new Error('postgres://user:canary@db.internal')
  Object.assign(desk.documents, { list: () => Promise.reject(canary) })
  const response = await desk.ask('GET /endpoints')
  const problem = (await response.json()) as object
  expect([response.status, problem]).toMatchObject([500, { code: 'INTERNAL', facts: {} }])
  expect(desk.logged).toEqual([['error', { cause: 'Error' }, 'an operator’s request failed']])
})
