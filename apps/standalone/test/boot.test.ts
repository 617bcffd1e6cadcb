import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { verifyWebhook } from '@key0/delivery'
import { rpcFaults } from '@key0/sandbox'
import { urlOf } from '@key0/test-services'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Env, spawnGateway, startWorld, type World } from './startWorld.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(async () => world[Symbol.asyncDispose]())
beforeEach(() => world.rpc.clear())

/** Starts a gateway that should refuse, and returns what it said. */
async function refusalOf(env: Env): Promise<string> {
  const startedAtMs = performance.now()
  const program = spawnGateway({ ...world.env, ...env })
  expect(await program.exited, program.output()).toBe(1)
  expect(performance.now() - startedAtMs, 'it refuses within seconds').toBeLessThan(15_000)
  return program.output()
}

describe('it serves', () => {
  test('GET /health exactly as documented, and 404 elsewhere', async () => {
    const program = spawnGateway(world.env)
    const url = await urlOf(program)
    const health = await fetch(`${url}/health`)
    expect(health.status).toBe(200)
    expect(await health.json()).toEqual({
      status: 'ok',
      service: 'key0',
      storage: 'embedded',
      tokenMode: 'native',
      network: 'testnet',
    })
    const ready = await fetch(`${url}/readyz`)
    const well = { status: 'ok' }
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ok', store: well, chain: well, payee: well, floats: well, settlement: well },
    ])
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
    expect(await (await fetch(`${url}/discover`)).json()).toMatchObject({
      plans: [{ planId: 'basic', unitAmount: '$0.10' }],
    })
    for (const path of ['llms.txt', 'skills.md', 'openapi.json', '.well-known/x402']) {
      const document = await fetch(`${url}/${path}`)
      expect(document.status, path).toBe(200)
      expect(await document.text(), path).toContain(world.chain.wallets.seller.address)
    }
    const info = await fetch(`${url}/.well-known/token-info`)
    expect(await info.json()).toMatchObject({ mode: 'native', algorithm: 'HS256' })
    await program.stop()
    expect(await program.exited).toBe(0)
  })

  test('an offer that some buyers cannot take is told at the start, and asks as configured', async () => {
    const plans = '[{"planId":"a","unitAmount":"$15.00"}]'
    const program = spawnGateway({
      ...{ ...world.env, PLANS: plans, KEY0_PAYMENT_IDENTIFIER: 'required' },
      ...{ KEY0_MAX_OPEN_PER_CALLER: '1', KEY0_CALLER_HEADER: 'X-Real-IP' },
    })
    const url = `${await urlOf(program)}/x402/access`
    expect(program.output()).toMatch(/^ {2}! Plan "a" costs more than 1 USDC/m)
    const askFrom = (address: string): Promise<Response> => {
      const headers = { 'content-type': 'application/json', 'x-real-ip': address }
      return fetch(url, { method: 'POST', headers, body: '{"planId":"a"}' })
    }
    const offer = await askFrom('203.0.113.9')
    expect((await askFrom('203.0.113.10')).status).toBe(402)
    expect(await (await askFrom('203.0.113.9')).json()).toMatchObject({ code: 'OVERLOADED' })
    expect(await offer.json()).toMatchObject({
      paymentRequired: { extensions: { 'payment-identifier': { info: { required: true } } } },
    })
    await program.stop()
  })

  test('refunds that nobody can pay gas for are told at the start, and later on', async () => {
    const broke = `0x${'b0'.repeat(32)}`
    const program = spawnGateway({ ...world.env, GAS_WALLET_PRIVATE_KEY: broke })
    const url = await urlOf(program)
    expect(program.output()).toMatch(
      /^ {2}! Refunds cannot be sent now: no gas wallet can pay for gas: 0x\w{40}\.$/m,
    )
    expect(program.output()).toMatch(/^ {2}Ready .*floats warning/m)
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      floats: { status: 'warning', detail: expect.stringContaining('can pay for gas') },
    })
    await program.stop()
  })

  test('single requests for on-chain proof, without any key, secret or facilitator', async () => {
    const { chain, env } = world
    const upstream = createServer((_, response) => response.end('a photo'))
    await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done))
    const { KEY0_PORT, KEY0_HOST, KEY0_DATA_DIR, KEY0_RPC_URL, KEY0_WALLET_ADDRESS } = env
    const program = spawnGateway({
      ...({ KEY0_PORT, KEY0_HOST, KEY0_DATA_DIR, KEY0_RPC_URL, KEY0_WALLET_ADDRESS } as Env),
      ...{ KEY0_EXACT: 'false', REFUNDS: 'off' },
      ROUTES: '[{"method":"GET","path":"/photos/:id","unitAmount":"$0.01"}]',
      PROXY_TO_BASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    })
    const url = await urlOf(program)
    for (const row of ['Token mode +none', 'Facilitation +None: buyers pay', 'Keys held +none'])
      expect(program.output()).toMatch(new RegExp(`^ {2}${row}`, 'm'))
    expect(program.output()).not.toMatch(/^ {2}! .*(KEY|secret|refund|settle)/im)
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ tokenMode: 'none' })
    expect((await fetch(`${url}/.well-known/token-info`)).status).toBe(404)

    const asked = await fetch(`${url}/photos/1`)
    const { challengeId } = (await asked.json()) as { readonly challengeId: string }
    expect(asked.status).toBe(402)
    const { buyer, seller } = chain.wallets
    const txHash = await chain.transfer(buyer.address, seller.address, 10_000n)
    const proof = btoa(JSON.stringify({ challengeId, txHash }))
    const paid = await fetch(`${url}/photos/1`, { headers: { 'payment-proof': proof } })
    expect([paid.status, await paid.text()]).toEqual([200, 'a photo'])
    await program.stop()
    upstream.closeAllConnections()
    upstream.close()
  })

  test('a store that is not well: 503', async () => {
    const { DatabaseSync } = await import('node:sqlite')
    const dataDir = join(world.env.KEY0_DATA_DIR ?? '', 'unwell')
    const program = spawnGateway({ ...world.env, KEY0_DATA_DIR: dataDir })
    const url = await urlOf(program)
    const locker = new DatabaseSync(join(dataDir, 'key0.sqlite'))
    locker.exec('begin immediate')
    const health = await fetch(`${url}/health`)
    locker.close()
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({ status: 'error', service: 'key0' })
    await program.stop()
  })
})

describe('it tells', () => {
  test('a webhook of a challenge, signed, and goes on after kill -9', async () => {
    const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
    const got: unknown[] = []
    let status = 503
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks).toString()
      got.push([status, await verifyWebhook({ headers: request.headers, body }, secret)])
      response.writeHead(status).end()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const env = {
      ...{ ...world.env, KEY0_DATA_DIR: join(world.env.KEY0_DATA_DIR ?? '', 'told') },
      ...{ KEY0_WEBHOOK_SECRET: secret, KEY0_WEBHOOK_PRIVATE: 'true' },
      KEY0_WEBHOOK_URLS: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    }
    const isTold = async (count: number): Promise<void> => {
      while (got.length < count) await new Promise((done) => setTimeout(done, 20))
    }
    const first = spawnGateway(env)
    const url = `${await urlOf(first)}/x402/access`
    const headers = { 'content-type': 'application/json' }
    await fetch(url, { method: 'POST', headers, body: '{"planId":"basic"}' })
    await isTold(1)
    const isSaid = () => first.output().includes('a notification did not arrive and is tried again')
    while (!isSaid()) await new Promise((done) => setTimeout(done, 20))
    await first.kill()
    status = 204
    const second = spawnGateway(env)
    await isTold(2)
    await second.stop()
    server.close()
    const told = { kind: 'genuine', payload: { type: 'challenge.created', version: 1 } }
    expect(got).toMatchObject([
      [503, told],
      [204, told],
    ])
  }, 60_000)
})

describe('it refuses to start', () => {
  test('with a wallet key that is not the payee’s', async () => {
    const { privateKey } = world.chain.wallets.stranger
    const said = await refusalOf({ KEY0_WALLET_PRIVATE_KEY: privateKey })
    expect(said).toMatch(/^SIGNER_MISMATCH: /)
    expect(said).toContain(world.chain.wallets.seller.address)
    expect(said).not.toContain(privateKey.slice(2))
  })

  test('on another chain than the configured one', async () => {
    world.rpc.add(rpcFaults.wrongChainId(1))
    const said = await refusalOf({})
    expect(said).toMatch(/^CHAIN_MISMATCH: /)
    expect(said).toMatch(/expected: 84532[\s\S]+found: 1$/m)
  })

  test('when the token at the address is another one', async () => {
    world.rpc.add({
      method: 'eth_call',
      effect: {
        kind: 'rewrite',
        result: (result) =>
          `${result}`.replace(
            Buffer.from('USDC').toString('hex'),
            Buffer.from('USDX').toString('hex'),
          ),
      },
    })
    expect(await refusalOf({})).toMatch(/^CHAIN_MISMATCH: [\s\S]+USDX/)
  })

  test('when nobody answers at the RPC address, without repeating its key', async () => {
    const said = await refusalOf({ KEY0_RPC_URL: 'http://user:canary@127.0.0.1:1/v2/canary' })
    expect(said).toMatch(/^CHAIN_UNREACHABLE: [\s\S]+127\.0\.0\.1:1/)
    expect(said).not.toContain('canary')
  })

  test('when the RPC endpoint takes the question and never answers', async () => {
    world.rpc.add({ effect: { kind: 'hang' } })
    expect(await refusalOf({})).toMatch(/^CHAIN_UNREACHABLE: /)
  })

  test('when its port is in use, and lets go of its store', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const said = await refusalOf({ KEY0_PORT: `${port}` })
    server.close()
    expect(said).toMatch(/^CONFIG_INVALID: /)
    expect(said).toContain(`KEY0_PORT: ${port} on 127.0.0.1 is in use by another process`)
  })

  test('on a data directory that holds something else', async () => {
    const dataDir = join(world.env.KEY0_DATA_DIR ?? '', 'other')
    await mkdir(dataDir)
    await writeFile(join(dataDir, 'key0.sqlite'), 'not a database at all, whatever its name says')
    expect(await refusalOf({ KEY0_DATA_DIR: dataDir })).toMatch(/^CONFIG_INVALID: /)
  })
})
