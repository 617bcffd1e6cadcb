import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mintBase } from '@key0/core/testing'
import { createDispatcher } from '@key0/delivery'
import { createSqliteDocuments, createSqliteStore } from '@key0/store-sqlite'
import { expect, test } from 'vitest'
import { key0 } from './rig.ts'

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const why = ['--actor', 'ada', '--reason', 'moving the receiver']

/** A receiver that answers as it is told, and what it was sent. */
async function startReceiver() {
  const seen: string[] = []
  const receiver = { seen, status: 400, url: '', [Symbol.dispose]: () => void server.close() }
  const server = createServer((request, response) => {
    seen.push(`${request.headers['webhook-id']}`)
    response.writeHead(receiver.status).end('no such plan')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=canary`
  return receiver
}

test('a night on call: who is failing, why, pause it, bring its dead letters back', async () => {
  await using stack = new AsyncDisposableStack()
  const dataDir = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-deliveries-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  )
  const store = stack.adopt(createSqliteStore({ dataDir }), (it) => it.close())
  const documents = stack.adopt(createSqliteDocuments({ dataDir }), (it) => it.close())
  const receiver = stack.use(await startReceiver())
  const env = { KEY0_DATA_DIR: dataDir }
  const run = async (...args: string[]) => await key0(env, 'deliveries', ...args, '--json')

  expect((await run('list')).json).toEqual([])
  let nowMs = Date.now()
  const dispatcher = stack.use(
    createDispatcher({
      ...{ store, documents, clock: { nowMs: () => nowMs } },
      webhooks: [{ url: receiver.url, secret, networks: 'any' }],
    }),
  )
  await dispatcher.open()
  const challengeId = 'challenge-of-this-night-on-call'
  await store.create(mintBase({ challengeId, createdAt: new Date(nowMs) }), { key: 'create' })
  await dispatcher.pass()
  const { json: list } = await run('list')
  const reason = 'the receiver answered 400'
  expect(list).toMatchObject([{ waiting: 1, dead: 0, lastReason: reason }])
  const { endpoint } = list[0] as { endpoint: string }
  expect((await key0(env, 'deliveries', 'list')).out).toMatch(/we_\w{12} .*failing: the receiver/)
  expect((await run('log', endpoint)).json).toMatchObject([
    { sequence: 1, type: 'challenge.created', outcome: 'failed', reason },
  ])

  const paused = await run('pause', endpoint, ...why)
  expect(paused.json).toEqual({ endpoint, paused: true })
  nowMs += 3 * 86_400_000
  expect(await dispatcher.pass()).toBe(0)
  expect(receiver.seen).toHaveLength(1)
  expect((await key0(env, 'deliveries', 'list')).out).toContain(
    'PAUSED by ada: moving the receiver',
  )
  await run('resume', endpoint)
  await dispatcher.pass()
  expect((await run('dead', endpoint)).json).toMatchObject([{ sequence: 1, attempts: 2, reason }])
  expect((await run('show', endpoint, '1')).json).toMatchObject({
    ...{ state: 'dead', version: 1, type: 'challenge.created' },
    attempts: [{ response: { status: 400, excerpt: 'no such plan' } }, { attempt: 1 }],
  })

  const found = await run('find', endpoint, '--state', 'dead')
  expect(found.json).toMatchObject([{ sequence: 1, state: 'dead', attempts: 2, reason }])
  expect((await run('find', endpoint, '--after', '1')).json).toEqual([])
  receiver.status = 204
  expect((await run('redeliver', endpoint, '1')).json).toEqual({ endpoint, sequence: 1 })
  expect(await dispatcher.pass()).toBe(1)
  expect(new Set(receiver.seen).size).toBe(1)
  expect((await run('dead', endpoint)).json).toEqual([])
  const none = { endpoint, redelivered: 0, isPartial: false }
  expect((await run('redeliver-dead', endpoint)).json).toEqual(none)
  expect((await key0(env, 'deliveries', 'show', endpoint, '1')).out).toContain(': delivered')
  const said = await key0(env, 'deliveries', 'list')
  expect(said.out).not.toContain('canary')
}, 60_000)

test('what an older gateway delivered, and logged without its challenge, is found as well', async () => {
  await using stack = new AsyncDisposableStack()
  const dataDir = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-deliveries-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  )
  const env = { KEY0_DATA_DIR: dataDir }
  await createSqliteStore({ dataDir }).close()
  const documents = stack.adopt(createSqliteDocuments({ dataDir }), (it) => it.close())
  const address = 'https://hooks.example/key0'
  await documents.swap('notify/we_1/control', undefined, JSON.stringify({ address }))
  const old = {
    ...{ sequence: 7, id: 'evt_1', type: 'challenge.paid', version: 2, at: '2026-01-02T03:04:05Z' },
    ...{ tookMs: 9, attempt: 1, outcome: 'delivered', request: '{}' },
  }
  const chunk = `delivery-log/we_1/0/${'1'.padStart(16, '0')}`
  await documents.swap(chunk, undefined, JSON.stringify([old]))
  const { code, out } = await key0(env, 'deliveries', 'find', 'we_1')
  expect([code, out]).toEqual([0, expect.stringContaining('7  delivered')])
  expect((await key0(env, 'deliveries', 'find', 'we_1', '--json')).json).toEqual([
    { sequence: 7, state: 'delivered', attempts: 1, at: old.at },
  ])
}, 60_000)

test('what cannot be is refused with its code, and changes nothing', async () => {
  await using stack = new AsyncDisposableStack()
  const dataDir = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-deliveries-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  )
  await createSqliteStore({ dataDir }).close()
  const run = async (...args: string[]) => {
    const { code, json } = await key0({ KEY0_DATA_DIR: dataDir }, 'deliveries', ...args, '--json')
    return [code, json.error.code]
  }
  expect(await run('log', 'we_none')).toEqual([2, 'DELIVERY_UNKNOWN'])
  expect(await run('redeliver', 'we_none', 'first')).toEqual([2, 'REQUEST_MALFORMED'])
  expect(await run('pause', 'we_none')).toEqual([2, 'REQUEST_MALFORMED'])
  expect(await run('log', 'we_none', '--limit', '0')).toEqual([2, 'REQUEST_MALFORMED'])
  expect(await run('find', 'we_none', '--state', 'lost')).toEqual([2, 'REQUEST_MALFORMED'])
  expect(await run('redeliver-dead', 'we_none')).toEqual([2, 'DELIVERY_UNKNOWN'])
  expect(await run('discard', 'a', '1', '2')).toEqual([2, 'REQUEST_MALFORMED'])
}, 60_000)
