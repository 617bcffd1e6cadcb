import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createReceiptSigner, verifyReceipt } from '@key0/chain-evm'
import { type SpawnedProgram, urlOf } from '@key0/test-services'
import { AccessTokenIssuer, createKey0Validator } from '@key0/token'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignedPayment, signPayment } from './signPayment.ts'
import { spawnGateway, startWorld, type World } from './startWorld.ts'

/*
 * One gateway that holds every key it can hold. What each is for is looked at from outside: a key
 * that was read and is not used would show nowhere else.
 */

const receiptKey = `0x${'5e'.repeat(32)}` as const
const current = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const former = generateKeyPairSync('rsa', { modulusLength: 2048 })
const toPem = (key: KeyObject): string =>
  `${key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' })}`

let world: World
let backend: Awaited<ReturnType<typeof startBackend>>
let program: SpawnedProgram
let url: string
let payment: SignedPayment
let sold: Response
let grant: Readonly<Record<string, string>>
beforeAll(async () => {
  world = await startWorld()
  backend = await startBackend()
  const { KEY0_ACCESS_TOKEN_SECRET: _, ...env } = world.env
  program = spawnGateway({
    ...env,
    KEY0_ENCRYPTION_KEY: '1f'.repeat(32),
    KEY0_RECEIPT_PRIVATE_KEY: receiptKey,
    KEY0_ACCESS_TOKEN_PRIVATE_KEY: toPem(current.privateKey),
    KEY0_ACCESS_TOKEN_PREVIOUS_KEYS: toPem(former.publicKey),
    BACKEND_HEALTH_URL: backend.healthUrl,
  })
  url = await urlOf(program)
  payment = await signPayment(world.chain, await ask())
  sold = await ask({ 'payment-signature': payment.header })
  grant = (await sold.clone().json()) as typeof grant
})
afterAll(async () => {
  await program.stop()
  await backend.stop()
  await world[Symbol.asyncDispose]()
})

async function ask(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await fetch(`${url}/x402/access`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"planId":"basic"}',
  })
}

test('what a buyer received and signed is in no file of the store, and is handed out again', async () => {
  expect(sold.status).toBe(200)
  const stored = await readStore()
  for (const plain of [grant.challengeId, payment.nonce]) expect(stored).toContain(plain)
  expect(stored).not.toContain(grant.accessToken)
  // Its bytes are in the transaction that was broadcast, which is public; by itself it is not there.
  expect(stored).not.toContain(payment.signature)
  const again = await ask({ 'payment-signature': payment.header })
  expect([again.status, await again.json()]).toEqual([200, grant])
})

test('a third party verifies the receipt of what was delivered, without asking anybody', async () => {
  const { address } = createReceiptSigner({ privateKey: receiptKey })
  const discovered = await (await fetch(`${url}/discover`)).json()
  expect(discovered).toMatchObject({ receiptSigner: address })
  const settlement = JSON.parse(atob(`${sold.headers.get('payment-response')}`))
  const { receipt } = settlement.extensions['offer-receipt'].info
  expect(await verifyReceipt(receipt, { signer: address })).toMatchObject({
    kind: 'genuine',
    payload: {
      payer: world.chain.wallets.buyer.address,
      transaction: settlement.transaction,
      resourceUrl: expect.stringContaining('/x402/access'),
    },
  })
})

test('a backend takes tokens of the current key and of the one before, by the published keys', async () => {
  const { validateToken } = createKey0Validator({ jwksUrl: `${url}/.well-known/jwks.json` })
  const { challengeId: jti } = grant
  expect(await validateToken(grant.accessToken)).toMatchObject({ jti, planId: 'basic' })
  const claims = { sub: 'a', jti: 'b', resourceId: 'c', planId: 'before', txHash: '0x1' }
  const older = await new AccessTokenIssuer({ privateKey: toPem(former.privateKey) }).sign(claims)
  expect(await validateToken(older.token)).toMatchObject({ jti: 'b', planId: 'before' })
})

test('while the backend’s health check fails nothing new is sold, and what was sold stays', async () => {
  const readyz = async () => (await (await fetch(`${url}/readyz`)).json()) as object
  expect(await readyz()).toMatchObject({ status: 'ok', backend: { status: 'ok' } })
  backend.fail()
  const refusal = async () => [(await ask()).status, await codeOf(await ask())]
  const patience = { timeout: 60_000, interval: 500 }
  await vi.waitFor(async () => expect(await refusal()).toEqual([503, 'SELLING_PAUSED']), patience)
  await vi.waitFor(
    async () => expect(await readyz()).toMatchObject({ backend: { status: 'failing' } }),
    patience,
  )
  expect((await ask({ 'payment-signature': payment.header })).status).toBe(200)
}, 150_000)

const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { readonly code?: unknown }).code

/** Everything that lies in the data directory: the database, its log and what else there is. */
async function readStore(): Promise<string> {
  const dataDir = `${world.env.KEY0_DATA_DIR}`
  const files = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const texts = files
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => await readFile(join(parentPath, name), 'latin1'))
  return (await Promise.all(texts)).join('\n')
}

/** A backend that says how it is. */
async function startBackend() {
  let status = 204
  const server = createServer((_, response) => response.writeHead(status).end())
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    healthUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthy`,
    fail: () => {
      status = 503
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
