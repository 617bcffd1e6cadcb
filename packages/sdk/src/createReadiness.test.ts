import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { createMemoryStore } from '@key0/core/memory'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sellerConfig } from '../test/sellerConfig.ts'
import { createKey0 } from './createKey0.ts'
import type { Key0 } from './Key0.ts'
import type { SellerConfig } from './SellerConfig.ts'

let chain: Sandbox<'poor'>
beforeAll(async () => {
  chain = await startSandbox({ wallets: ['poor'], funding: { poor: { eth: 0n } } })
})
afterAll(() => chain.stop())

/** A contract that the sandbox brings along. */
const multicall3 = '0xcA11bde05977b3631167028862bE2a173976CA11'

/** No buyer's usual limit is below the price: there is nothing to warn of. */
const plans = [{ planId: 'report', unitAmount: '$0.10' }]
const config = (changes: Partial<SellerConfig> = {}): SellerConfig =>
  sellerConfig(chain, { plans, ...changes })

test('a gateway that can sell says so, and what would keep it from that', async () => {
  await using open = await openKey0(config())
  const { key0 } = open
  expect(key0.warnings).toEqual([])
  expect(await key0.checkReadiness()).toEqual({
    ok: true,
    checks: {
      // What it would lose at its end is worth a warning.
      store: { status: 'warning', detail: expect.any(String) },
      chain: { status: 'ok' },
      payee: { status: 'ok' },
      floats: { status: 'ok' },
      settlement: { status: 'ok' },
    },
  })
  await chain.pause()
  const paused = await key0.checkReadiness()
  await chain.unpause()
  expect(paused).toMatchObject({
    ok: false,
    checks: { payee: { status: 'failing', detail: 'the token is paused' } },
  })
})

test('a wallet that the token’s issuer blocks does not open, and is told later on', async () => {
  await using open = await openKey0(config())
  const { seller } = chain.wallets
  await chain.blacklist(seller.address)
  try {
    const checks = { payee: { status: 'failing', detail: expect.stringContaining('blocks 0x') } }
    expect(await open.key0.checkReadiness()).toMatchObject({ ok: false, checks })
    await expect(createKey0(config())).rejects.toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        facts: { walletAddress: `the token's issuer blocks ${seller.address}` },
      }),
    )
  } finally {
    await chain.unblacklist(seller.address)
  }
})

test('a contract that receives is a warning at every start', async () => {
  const walletAddress = multicall3
  await using open = await openKey0(config({ walletAddress }))
  expect(open.key0.warnings).toEqual([expect.stringContaining('has code')])
  expect((await open.key0.checkReadiness()).checks.payee.status).toBe('warning')
})

test('a gas wallet without gas settles nothing, and is told at the start', async () => {
  const { poor } = chain.wallets
  await using open = await openKey0(config({ gasWalletPrivateKey: poor.privateKey }))
  const told = `Nobody can pay yet: the gas wallet ${poor.address} cannot pay for gas. ${advice}`
  expect(open.key0.warnings).toEqual([told])
  expect((await open.key0.checkReadiness()).checks.settlement).toEqual({
    status: 'failing',
    detail: `the gas wallet ${poor.address} cannot pay for gas`,
  })
})

/** What was paid so often to a wallet, a million each time, and not delivered. */
async function owedBy(destination: `0x${string}`, times = 1) {
  const clock = createSteeredClock()
  const store = createMemoryStore({ clock })
  const mint = createMint(clock)
  const of = { destination, token: chain.usdc.address, chainId: chain.chainId }
  for (let paid = 0; paid < times; paid += 1) {
    const { base, pay } = mint({ ...of, amountRaw: 10n ** 12n })
    const { challengeId: id } = base
    const payment = pay()
    await store.create(base, { key: `create ${paid}` })
    await store.reserve(id, payment.intent(), { key: `reserve ${paid}` })
    await store.settle(id, payment.paymentRef, payment.paid(), { key: `settle ${paid}` })
  }
  return store
}

test.each(['seller', 'stranger'] as const)(
  'a wallet that holds less than has to go back is a warning, and selling goes on: the %s',
  async (name) => {
    const { address } = chain.wallets[name]
    const store = await owedBy(address, 2)
    await using open = await openKey0(config({ store }))
    const found = await open.key0.checkReadiness()
    expect(found.ok).toBe(true)
    const { detail } = found.checks.floats
    expect(found.checks.floats.status).toBe('warning')
    expect(detail).toMatch(/^0x\w{40} holds \d+(\.\d+)? of 2000000 that have to go back$/)
    expect(detail).toContain(address)
    expect(open.key0.warnings).toEqual([expect.stringMatching(/^Refunds: 0x.+ of 2000000 that/)])
  },
)

test('more debts than are added up are said to be more', async () => {
  const store = await owedBy(chain.wallets.seller.address, 1_001)
  await using open = await openKey0(config({ store }))
  const [warning] = open.key0.warnings
  expect(warning).toMatch(/of 1000000000 that have to go back; more than 1000 payments have to go/)
})

describe('whoever opens a gateway is told of its rails', () => {
  const ours = { x402Version: 2, scheme: 'exact', network: 'eip155:84532' }
  const nowhere = 'http://127.0.0.1:9/x402'
  const atNowhere = expect.stringContaining('127.0.0.1:9')
  /** Facilitators alone, or beside a gas wallet. */
  const open = (facilitatorUrl: readonly string[], gasWalletPrivateKey?: `0x${string}`) => {
    const { gasWalletPrivateKey: _, ...bare } = config({ facilitatorUrl })
    return openKey0({ ...bare, ...(gasWalletPrivateKey && { gasWalletPrivateKey }) })
  }
  const toldOf = ({ key0 }: { readonly key0: Key0 }) => [
    key0.readiness.checks.settlement.status,
    key0.readiness.ok,
    key0.warnings,
  ]

  test('a facilitator that settles here: nothing to say', async () => {
    await using well = await startSupported(ours)
    await using gate = await open([well.url])
    expect(toldOf(gate)).toEqual(['ok', true, []])
    expect(well.asked).toEqual(['/supported'])
  })

  test('the only one is away, or settles elsewhere: it opens, is not ready, and says so', async () => {
    await using elsewhere = await startSupported({ ...ours, network: 'eip155:1' })
    await using older = await startSupported({ ...ours, x402Version: 1 })
    await using gate = await open([nowhere, elsewhere.url, older.url])
    const { detail = '' } = gate.key0.readiness.checks.settlement
    expect(toldOf(gate)).toEqual(['failing', false, [`Nobody can pay yet: ${detail}. ${advice}`]])
    const [first, ...others] = detail.split('; ')
    expect(first).toMatch(/^127.0.0.1:9: 127.0.0.1:9 could not be reached/)
    const why = 'it does not settle exact payments on eip155:84532'
    expect(others).toEqual([elsewhere, older].map(({ url }) => `${new URL(url).host}: ${why}`))
    expect((await gate.key0.checkReadiness()).checks).toEqual(gate.key0.readiness.checks)
  })

  test.each(['another facilitator', 'a gas wallet'])('%s is behind it: ready', async (behind) => {
    await using well = await startSupported(ours)
    const isWallet = behind === 'a gas wallet'
    await using gate = isWallet
      ? await open([nowhere], chain.wallets.gas.privateKey)
      : await open([nowhere, well.url])
    expect(toldOf(gate)).toEqual(['warning', true, [expect.stringContaining('Payments take')]])
    expect(gate.key0.readiness.checks.settlement.detail).toEqual(atNowhere)
  })

  test('one that never answers is away within seconds, and hides nobody behind it', async () => {
    await using well = await startSupported(ours)
    await using silent = await startSupported(undefined)
    await using gate = await open([silent.url, well.url])
    const { settlement } = gate.key0.readiness.checks
    const detail = expect.stringContaining('did not answer in time')
    expect(settlement).toEqual({ status: 'warning', detail })
  })

  test('a gas wallet behind facilitators that has no gas is told before it is needed', async () => {
    await using well = await startSupported(ours)
    const { poor } = chain.wallets
    const broke = expect.stringContaining(`the gas wallet ${poor.address} cannot pay for gas`)
    await using gate = await open([well.url], poor.privateKey)
    expect(toldOf(gate)).toEqual(['warning', true, [broke]])
    await using neither = await open([nowhere], poor.privateKey)
    expect(toldOf(neither)).toEqual(['failing', false, [broke]])
  })
})

test('who settles nothing hands nobody what the buyer of another gate has signed', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked += 1
    response.writeHead(500).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const facilitatorUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = createSteeredClock(Date.now() - 60_000)
  const store = createMemoryStore({ clock })
  const { base, pay } = createMint(clock)({
    ...{ destination: chain.wallets.seller.address, token: chain.usdc.address },
    ...{ chainId: chain.chainId },
  })
  await store.create(base, { key: 'create' })
  const { authorization, ...intent } = pay().intent({ sinceBlock: 0n })
  const signed = { ...authorization, to: base.destination }
  await store.reserve(base.challengeId, { ...intent, authorization: signed }, { key: 'reserve' })
  clock.advance(60_000)
  const { gasWalletPrivateKey: _, ...bare } = config({ store, clock, facilitatorUrl })
  await using open = await openKey0({ ...bare, exact: false })
  expect((await open.key0.recover()).visited).toBe(1)
  expect(asked).toBe(0)
  expect((await open.key0.checkReadiness()).checks.settlement).toEqual({ status: 'ok' })
  expect(asked).toBe(0)
  expect(await store.get(base.challengeId)).toMatchObject({ intent: { stage: 'OPEN' } })
  server.close()
})

test('while the backend is down nothing new is sold, and it goes on by itself', async () => {
  let status = 500
  const server = createServer((_request, response) => response.writeHead(status).end())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const backendHealthUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
  const changes: string[] = []
  const waiting: (() => void)[] = []
  const observe: SellerConfig['observe'] = (event) => {
    if (event.name !== 'alert' || !event.what.startsWith('the backend')) return
    changes.push(event.what)
    for (const go of waiting.splice(0)) go()
  }
  const changed = () => new Promise<void>((go) => waiting.push(go))
  await using open = await openKey0(
    config({ backendHealthUrl, backendHealthIntervalMs: 5, observe }),
  )
  await changed()
  const { key0 } = open
  await expect(key0.requestHttpAccess({ planId: 'report' })).rejects.toThrow(
    expect.objectContaining({ code: 'SELLING_PAUSED' }),
  )
  const body = JSON.stringify({ planId: 'report' })
  const asked = new Request('https://shop.example/x402/access', {
    ...{ method: 'POST', body },
    headers: { 'content-type': 'application/json' },
  })
  const refused = await key0.handler(asked)
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true])
  expect((await key0.checkReadiness()).checks.backend?.status).toBe('failing')
  status = 204
  await changed()
  expect((await key0.requestHttpAccess({ planId: 'report' })).amount).toBe('$0.10')
  expect(changes).toEqual(['the backend is down: nothing new is sold', 'the backend is well again'])
  server.close()
  server.closeAllConnections()
})

const advice = 'Mend that, or give another facilitator or a gas wallet.'

/** A facilitator that says what it settles, or never says anything. */
async function startSupported(kind: object | undefined) {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    if (kind) response.end(JSON.stringify({ kinds: [kind], extensions: [], signers: {} }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

async function openKey0(config: SellerConfig) {
  const key0 = await createKey0(config)
  return { key0, [Symbol.asyncDispose]: async () => key0.close() }
}
