import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChallengeStore } from '@key0/core'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { RedisChallengeStore } from '@key0/store-redis'
import { createSqliteStore } from '@key0/store-sqlite'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  type Env,
  failRefund,
  holdMoney,
  key0,
  paidUndelivered,
  toEnv,
} from './rig.ts'

const why = ['--actor', 'ada', '--reason', 'looked at it']

describe.each(['embedded', 'redis'])('on %s', (kind) => {
  const stack = new AsyncDisposableStack()
  let chain: Sandbox
  let store: ChallengeStore
  let env: Env
  const run = async (...args: string[]): Promise<Answer> => await key0(env, ...args, '--json')

  beforeAll(async () => {
    chain = stack.use(await startSandbox())
    if (kind === 'redis') {
      const server = stack.use(await startRedis())
      const redis = stack.adopt(new Redis(server.url), (client) => client.disconnect())
      store = new RedisChallengeStore({ redis })
      env = toEnv(chain, { STORAGE_BACKEND: 'redis', REDIS_URL: server.url })
    } else {
      const dataDir = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-cli-')), (path) =>
        rmSync(path, { recursive: true, force: true }),
      )
      store = createSqliteStore({ dataDir })
      env = toEnv(chain, { KEY0_DATA_DIR: dataDir })
    }
    stack.defer(() => store.close())
  }, 60_000)
  afterAll(() => stack.disposeAsync())

  test('a night on call: find what is open, decide each, and see who decided', async () => {
    const [owed, held, failed, kept] = [
      await paidUndelivered(chain, store),
      await paidUndelivered(chain, store),
      await paidUndelivered(chain, store),
      await paidUndelivered(chain, store),
    ] as const
    await holdMoney(store, held)
    await failRefund(store, failed)

    const { json: list } = await run('list')
    expect(list.totals).toEqual({
      owed: { count: 2, value: '500000' },
      held: { count: 1, value: '250000' },
      failed: { count: 1, value: '250000' },
    })
    const text = (await key0(env, 'list', '--kind', 'failed')).out
    expect(text).toMatch(/1 failed, 0.25 USDC\nfailed +1\dm .* 0.25 USDC .* no gas wallet can pay/)

    expect((await run('retry', failed, ...why)).json).toEqual([
      { challengeId: failed, state: 'PAID' },
    ])
    expect((await run('release', held, ...why)).json).toMatchObject([{ state: 'PAID' }])
    expect((await run('write-off', kept, ...why)).json).toMatchObject([{ state: 'PAID' }])
    const { json: seen } = await run('inspect', kept, '--chain')
    expect(seen).toMatchObject({
      ...{ money: { kind: 'written-off' }, next: expect.stringContaining('the seller keeps it') },
    })
    expect(seen.history.at(-1)).toMatchObject({ actor: 'ada', reason: 'looked at it' })

    // Log lines carry the first 12 digits of the id's SHA-256.
    const digest = createHash('sha256').update(kept).digest('hex').slice(0, 12)
    expect((await run('inspect', digest)).json.record.challengeId).toBe(kept)

    const { json: swept } = await run('sweepable')
    expect(swept).toMatchObject([
      { owed: '750000', writtenOff: '250000', held: '0', short: '0' },
      // The wallet that sold before, each with its own figures.
      { payee: chain.wallets.stranger.address, owed: '0', balance: '0', safe: '0' },
    ])
    expect(BigInt(swept[0].safe)).toBe(BigInt(swept[0].balance) - 750_000n)

    const { seller, buyer } = chain.wallets
    const sent = () => chain.transfers({ from: seller.address, to: buyer.address })
    const dry = await run('refund', owed, '--amount', '0.1', '--dry-run')
    expect(dry.json).toMatchObject({
      gasPayers: [chain.wallets.gas.address],
      plan: {
        ...{ from: seller.address, to: buyer.address, value: '100000', kept: '150000' },
        ...{ obstacles: [], warnings: [] },
      },
    })
    expect(await sent()).toEqual([])
    expect((await store.get(owed))?.state).toBe('PAID')
    const part = await run('refund', owed, '--amount', '0.1', ...why)
    expect(part.json).toMatchObject({ outcome: 'refunded', state: 'REFUNDED' })
    const whole = await key0(env, 'refund', held, ...why)
    expect(whole.out).toMatch(/^Sends 0.25 USDC\n[\s\S]*It is REFUNDED\n0x[0-9a-f]{64}\n$/)
    expect((await sent()).map(({ value }) => value)).toEqual([100_000n, 250_000n])
    expect((await run('inspect', owed, '--chain')).json.sighting.kind).toBe('confirmed')
  }, 60_000)

  test('the switch stops a refund by hand too, until it is turned back', async () => {
    const id = await paidUndelivered(chain, store)
    expect((await run('stop', ...why)).json).toMatchObject({ isStopped: true, by: 'ada' })
    const refused = await run('refund', id, ...why)
    expect(refused).toMatchObject({ code: 4, json: { error: { code: 'REFUNDS_STOPPED' } } })
    expect((await key0(env, 'list')).out).toMatch(/^Refunds are STOPPED by ada: looked at it\n/)
    expect((await run('start', ...why)).json).toMatchObject({ isStopped: false })
    expect((await key0(env, 'status')).out).toMatch(/^Refunds go on by ada at 20/)
    expect((await run('refund', id, ...why)).json).toMatchObject({ state: 'REFUNDED' })
  }, 60_000)

  test('every refusal has its code and its exit, and changes nothing', async () => {
    const id = await paidUndelivered(chain, store)
    const before = await store.get(id)
    const cases: readonly [number, string, readonly string[]][] = [
      [2, 'CHALLENGE_UNKNOWN', ['inspect', 'http-nobody']],
      [3, 'REFUND_NOT_FAILED', ['retry', id, ...why]],
      [3, 'NOT_HELD', ['release', id, ...why]],
      [2, 'REFUND_TOO_LARGE', ['refund', id, '--amount', '0.26', ...why]],
      [2, 'MONEY_INVALID', ['refund', id, '--amount', '-1', ...why]],
      [2, 'REQUEST_MALFORMED', ['refund', id]],
      [2, 'REQUEST_MALFORMED', ['write-off', id, '--actor', 'ada']],
      [2, 'REQUEST_MALFORMED', ['list', '--kind', 'lost']],
      [2, 'REQUEST_MALFORMED', ['list', '--colour', 'red']],
      [2, 'REQUEST_MALFORMED', ['list', 'extra']],
      [2, 'REQUEST_MALFORMED', ['recover', '--from-block', 'yesterday']],
    ]
    const answers = await Promise.all(cases.map(([, , args]) => run(...args)))
    expect(answers.map(({ code, json }) => [code, json?.error?.code])).toEqual(
      cases.map(([code, name]) => [code, name]),
    )
    const [first] = answers
    expect(first?.out).toBe('')
    expect(await store.get(id)).toEqual(before)
    const several = await run('retry', id, 'http-nobody', ...why)
    expect(several.code).toBe(2)
    expect(several.json).toEqual([
      { challengeId: id, error: 'REFUND_NOT_FAILED' },
      { challengeId: 'http-nobody', error: 'CHALLENGE_UNKNOWN' },
    ])
  }, 120_000)
})

test('an amount that is taken back again does not become the whole payment', async () => {
  const { code, err } = await key0({}, 'refund', 'http-some-challenge', '--no-amount', ...why)
  expect(code).toBe(2)
  expect(err).toContain('--amount')
})

test('an environment that is wrong is named whole, and no secret of it is repeated', async () => {
  const env = { KEY0_WALLET_PRIVATE_KEY: '0xs3cr3t', STORAGE_BACKEND: 'memory', KEY0_ACTOR: 'x' }
  const { code, err } = await key0(env, 'list')
  expect(code).toBe(2)
  expect(err).toMatch(/^key0: CONFIG_INVALID: /)
  for (const name of ['KEY0_WALLET_PRIVATE_KEY', 'STORAGE_BACKEND', 'KEY0_ACTOR'])
    expect(err).toContain(name)
  expect(err).not.toContain('s3cr3t')
})

test('a directory without a store is not turned into an empty one that has only good news', async () => {
  const { code, err } = await key0({ KEY0_DATA_DIR: '/nonexistent/key0' }, 'list')
  expect([code, err]).toEqual([2, expect.stringContaining('holds no key0.sqlite')])
})

test('a node that is not there is said, with an exit that asks to come back', async () => {
  await using chain = await startSandbox()
  const path = mkdtempSync(join(tmpdir(), 'key0-cli-'))
  await createSqliteStore({ dataDir: path }).close()
  const env = { ...toEnv(chain, { KEY0_DATA_DIR: path }), KEY0_RPC_URL: 'http://127.0.0.1:9' }
  const { code, json } = await key0(env, 'sweepable', '--json')
  rmSync(path, { recursive: true, force: true })
  expect([code, json.error.code]).toEqual([4, 'CHAIN_UNREACHABLE'])
}, 60_000)

test('help says what each command takes', async () => {
  const { code, out } = await key0({}, 'refund', '--help')
  expect(code).toBe(0)
  for (const name of ['--amount', '--dry-run', '--actor', '--reason', '--json'])
    expect(out).toContain(name)
})
