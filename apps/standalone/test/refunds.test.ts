import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openStore } from '@key0/app-kit'
import { transferRef } from '@key0/core'
import { mintBase } from '@key0/core/testing'
import { untilUp } from '@key0/test-services'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { spawnGateway, startWorld, type World } from './startWorld.ts'

const patience = { timeout: 20_000, interval: 50 } as const
const PRICE = 250_000n

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(async () => world[Symbol.asyncDispose]())

/** A store with one payment that bought nothing and is long due. */
async function owe(name: string) {
  const { chain } = world
  const dataDir = join(world.env.KEY0_DATA_DIR ?? '', name)
  const open = () => openStore({ storage: { kind: 'embedded', dataDir }, network: 'testnet' })
  const { store, close } = await open()
  const { seller, buyer } = chain.wallets
  const token = chain.usdc.address
  const txHash = await chain.transfer(buyer.address, seller.address, PRICE)
  const base = mintBase({
    ...{ challengeId: name, requestId: name, createdAt: new Date() },
    ...{ chainId: chain.chainId, token, destination: seller.address },
    ...{ amount: '$0.25', amountRaw: PRICE },
  })
  await store.create(base, { key: 'create' })
  const paymentRef = transferRef({ chainId: chain.chainId, token, txHash, ordinal: 0 })
  const paidAt = new Date(Date.now() - 7_200_000)
  await store.settle(name, paymentRef, { txHash, paidAt, fromAddress: buyer.address }, { key: 's' })
  await close()
  const read = async () => {
    const opened = await open()
    const record = await opened.store.get(name)
    await opened.close()
    return record
  }
  return { dataDir, read }
}

/** A backend that notes what it is asked, and under which key. */
async function startRevoking() {
  const seen: string[] = []
  let status = 204
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers['idempotency-key']}`)
    response.writeHead(status).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  const { port } = server.address() as AddressInfo
  const answer = (next: number): void => {
    status = next
  }
  return { url: `http://127.0.0.1:${port}`, seen, answer, [Symbol.asyncDispose]: stop }
}

test('with REFUNDS=off the gateway returns nothing, whatever keys it has; inside it does', async () => {
  const [off, inside] = [await owe('off'), await owe('inside')]
  const { seller, gas } = world.chain.wallets
  const env = {
    ...world.env,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
    ...{ REFUND_INTERVAL_MS: '100', REFUND_MIN_AGE_MS: '60000' },
  }
  const idle = spawnGateway({ ...env, KEY0_DATA_DIR: off.dataDir, REFUNDS: 'off' })
  await untilUp(idle)
  expect(idle.output()).toContain('OFF in this process (REFUNDS=off)')
  // It has had all the time that the other one takes to start and to refund.
  await using backend = await startRevoking()
  const told = {
    ISSUE_TOKEN_API: `${backend.url}/issue`,
    REVOKE_TOKEN_API: `${backend.url}/revoke`,
  }
  const working = spawnGateway({ ...env, ...told, KEY0_DATA_DIR: inside.dataDir })
  await untilUp(working)
  const returned = () => world.chain.transfers({ from: seller.address })
  await vi.waitFor(async () => expect(await returned()).toHaveLength(1), patience)
  await vi.waitFor(
    async () => expect(await inside.read()).toMatchObject({ state: 'REFUNDED' }),
    patience,
  )
  expect(await off.read()).toMatchObject({ state: 'PAID' })
  expect(await returned()).toHaveLength(1)
  // Before the refund, and once more by whoever follows the store's events.
  const revocation = `/revoke ${(await inside.read())?.paymentRef}`
  expect(new Set(backend.seen)).toEqual(new Set([revocation]))
  await Promise.all([idle.stop(), working.stop()])
  expect(await Promise.all([idle.exited, working.exited])).toEqual([0, 0])
})

test('a backend that was down at a refund is told after kill -9, and then no more', async () => {
  const debt = await owe('down')
  await using backend = await startRevoking()
  backend.answer(500)
  const env = {
    ...{ ...world.env, KEY0_DATA_DIR: debt.dataDir },
    ...{ REFUND_INTERVAL_MS: '100', REFUND_MIN_AGE_MS: '60000' },
    ISSUE_TOKEN_API: `${backend.url}/issue`,
    REVOKE_TOKEN_API: `${backend.url}/revoke`,
  }
  const first = spawnGateway(env)
  await untilUp(first)
  await vi.waitFor(
    async () => expect(await debt.read()).toMatchObject({ state: 'REFUNDED' }),
    patience,
  )
  expect(first.output()).toContain('it was not revoked')
  await first.kill()
  const before = backend.seen.length
  backend.answer(204)
  const { paymentRef } = (await debt.read()) ?? {}
  const second = spawnGateway({ ...env, REFUNDS: 'off' })
  await untilUp(second)
  await vi.waitFor(() => expect(backend.seen.length).toBeGreaterThan(before), patience)
  await second.stop()
  expect(backend.seen.slice(before)).toEqual([`/revoke ${paymentRef}`])
  const third = spawnGateway({ ...env, REFUNDS: 'off' })
  await untilUp(third)
  await third.stop()
  expect(backend.seen).toHaveLength(before + 1)
}, 60_000)
