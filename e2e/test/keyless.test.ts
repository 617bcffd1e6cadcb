import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { type SpawnedProgram, spawnProgram } from '@key0/test-services'
import { x402Client } from '@x402/core/client'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Env, startGateway } from '../crash/startGateway.ts'
import { type Facilitator, startFacilitator } from '../src/startFacilitator.ts'
import { type Mint, startMint } from '../src/startMint.ts'

/*
 * The program as a process of its own that holds no private key at all: facilitators settle, the
 * seller's backend issues, and another process pays back. And what each says it holds.
 */

const PRICE = 100_000n
const workerProgram = fileURLToPath(
  new URL('../../apps/refund-worker/src/main.ts', import.meta.url),
)
const running = new Set<SpawnedProgram>()

let sandbox: Sandbox
let facilitator: Facilitator
let mint: Mint
let folder: string
beforeAll(async () => {
  sandbox = await startSandbox()
  facilitator = await startFacilitator(sandbox)
  mint = await startMint(0)
  folder = await mkdtemp(join(tmpdir(), 'key0-keyless-'))
})
afterAll(async () => {
  await Promise.all([...running].map((program) => program.kill()))
  await mint[Symbol.asyncDispose]()
  await facilitator[Symbol.asyncDispose]()
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

/** No key, no secret: addresses alone. */
function keyless(name: string): Env {
  return {
    ...{ KEY0_PORT: '0', KEY0_HOST: '127.0.0.1', KEY0_DATA_DIR: join(folder, name) },
    KEY0_RPC_URL: sandbox.rpcUrl,
    KEY0_WALLET_ADDRESS: sandbox.wallets.seller.address,
    KEY0_FACILITATOR_URL: facilitator.url,
    ISSUE_TOKEN_API: mint.issueUrl,
    TOKEN_ISSUE_RETRIES: '0',
  }
}

async function start(env: Env): Promise<{ program: SpawnedProgram; url: string }> {
  const program = await startGateway(env)
  running.add(program)
  return { program, url: `http://127.0.0.1:${/Port +(\d+)/.exec(program.output())?.[1]}` }
}

const rowOf = ({ output }: SpawnedProgram, name: string): string =>
  new RegExp(`^  ${name} +(.*)$`, 'm').exec(output())?.[1] ?? `no row "${name}"`

function buy(url: string): Promise<Response> {
  const signer = privateKeyToAccount(sandbox.wallets.buyer.privateKey)
  const client = new x402Client()
  registerExactEvmScheme(client, { signer })
  const pay = wrapFetchWithPayment(fetch, client)
  return pay(`${url}/x402/access`, posted({ planId: 'basic' }))
}

/** Asks for the price, makes the transfer, and presents it. */
async function prove(url: string): Promise<Response> {
  const { buyer, seller } = sandbox.wallets
  const offered = await fetch(`${url}/x402/access`, posted({ planId: 'basic' }))
  const { challengeId } = (await offered.json()) as { readonly challengeId: string }
  const txHash = await sandbox.transfer(buyer.address, seller.address, PRICE)
  return fetch(`${url}/x402/proof`, posted({ challengeId, txHash }))
}

const posted = (body: object) => ({
  ...{ method: 'POST', body: JSON.stringify(body) },
  headers: { 'content-type': 'application/json' },
})

test('a gateway without any key sells, says that it holds none, and a worker pays back', async () => {
  const env: Env = { ...keyless('sells'), REFUNDS: 'off' }
  const { program, url } = await start(env)
  expect(rowOf(program, 'Keys held')).toBe('none')
  expect(rowOf(program, 'Refunds')).toBe(
    'OFF in this process (REFUNDS=off): a refund worker sends them',
  )
  expect(rowOf(program, 'Ready')).toMatch(/^yes \(.*settlement ok/)
  expect(program.output()).not.toMatch(/^ {2}! .*(KEY|refund)/im)

  // By the facilitator, which pays the gas.
  const sold = await buy(url)
  expect([sold.status, await sold.json()]).toMatchObject([200, { accessToken: 'token-1' }])
  // By a transfer that the buyer made, which is on the chain and needs nobody to settle.
  const proven = await prove(url)
  expect([proven.status, await proven.json()]).toMatchObject([200, { accessToken: 'token-2' }])
  const { buyer, seller } = sandbox.wallets

  mint.behave('fails')
  const undelivered = await buy(url)
  expect([undelivered.status, await undelivered.json()]).toMatchObject([
    502,
    { code: 'DELIVERY_FAILED', facts: { refund: 'automatic' } },
  ])
  mint.behave('issues')
  expect(await sandbox.transfers({ from: seller.address })).toEqual([])
  // The key that pays back is in another process, which sells nothing.
  const worker = spawnProgram(workerProgram, {
    ...{ PORT: '0', HOST: '127.0.0.1', REFUND_MIN_AGE_MS: '0', REFUND_INTERVAL_MS: '200' },
    ...{ KEY0_DATA_DIR: env.KEY0_DATA_DIR ?? '', KEY0_RPC_URL: sandbox.rpcUrl },
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: sandbox.wallets.gas.privateKey,
  })
  running.add(worker)
  const returned = () => sandbox.transfers({ from: seller.address, to: buyer.address })
  await vi.waitFor(async () => expect(await returned()).toMatchObject([{ value: PRICE }]), {
    ...{ timeout: 30_000, interval: 50 },
  })
  for (const each of [program, worker]) each.signal('SIGTERM')
  expect(await Promise.all([program.exited, worker.exited])).toEqual([0, 0])
}, 90_000)

test('on-chain proof alone needs no facilitator either; without a worker nobody pays back, and it says so', async () => {
  const { KEY0_FACILITATOR_URL: _, ...env } = keyless('alone')
  const { program, url } = await start({ ...env, KEY0_EXACT: 'false' })
  expect(rowOf(program, 'Keys held')).toBe('none')
  expect(rowOf(program, 'Refunds')).toMatch(/^DISABLED .*: nobody pays back from here$/)
  expect(program.output()).toContain('  ! Refunds are DISABLED')
  expect((await prove(url)).status).toBe(200)
  mint.behave('fails')
  const undelivered = await prove(url)
  mint.behave('issues')
  expect([undelivered.status, await undelivered.json()]).toMatchObject([
    502,
    { code: 'DELIVERY_FAILED', facts: { refund: 'by the seller' } },
  ])
}, 60_000)

test('keys from files are held like keys from the environment, and said in the same words', async () => {
  const { seller, gas } = sandbox.wallets
  const keys: Env = {
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    KEY0_RECEIPT_PRIVATE_KEY: `0x${'1c'.repeat(32)}`,
    KEY0_ENCRYPTION_KEY: '2d'.repeat(32),
  }
  const files: Record<string, string> = {}
  for (const [name, key] of Object.entries(keys)) {
    files[`${name}_FILE`] = join(folder, name)
    await writeFile(join(folder, name), `${key}\n`)
  }
  const { program } = await start({ ...keyless('files'), ...files })
  const { program: plain } = await start({ ...keyless('plain'), ...keys })
  expect(rowOf(program, 'Keys held')).toBe(
    [
      'gas wallet (pays for settlement)',
      'receiving wallet (signs refunds)',
      'receipt key (signs receipts)',
      'encryption key (reads what the store keeps)',
    ].join(', '),
  )
  for (const name of ['Keys held', 'Refunds', 'Facilitation'])
    expect(rowOf(program, name)).toBe(rowOf(plain, name))
  expect(rowOf(program, 'Refunds')).toBe('ENABLED, inside this process')
  for (const key of Object.values(keys))
    expect(program.output()).not.toContain(key.replace(/^0x/, ''))
}, 60_000)
