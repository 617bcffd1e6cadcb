import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { SignedAuthorization, Submitted } from '@key0/core'
import { importJWK, importSPKI, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { keep, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createGasWalletSettler } from '../settle/createGasWalletSettler.ts'
import {
  createFacilitatorSettler,
  defaultFacilitatorUrl,
  type FacilitatorOptions,
  type FacilitatorSettler,
} from './createFacilitatorSettler.ts'

type Body = {
  readonly x402Version: number
  readonly paymentPayload: { readonly payload: Wire; readonly accepted: unknown }
  readonly paymentRequirements: Readonly<Record<string, unknown>>
}
type Wire = {
  readonly signature: SignedAuthorization['signature']
  readonly authorization: Readonly<Record<string, string>>
}
type Answer = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}
type Stub = {
  readonly url: string
  readonly requests: { path: string; body: Body | undefined; authorization: string | undefined }[]
  /** What the next requests are answered; `hang` never answers. */
  answer: (path: string, body: Body) => Promise<Answer | 'hang'>
  readonly close: () => Promise<void>
}

let rig: TestRig
let stub: Stub
let second: Stub
beforeAll(async () => {
  rig = await startRig()
  stub = await startStub()
  second = await startStub()
})
afterAll(async () => {
  await stub.close()
  await second.close()
  await rig[Symbol.asyncDispose]()
})

async function startStub(): Promise<Stub> {
  const requests: Stub['requests'] = []
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const body = text ? (JSON.parse(text) as Body) : undefined
    const path = (request.url ?? '').split('/').at(-1) ?? ''
    requests.push({ path, body, authorization: request.headers.authorization })
    const answer = await made.answer(path, body as Body)
    if (answer === 'hang') return
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
  }
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const made: Stub = {
    url: `http://127.0.0.1:${port}/x402`,
    requests,
    answer: async () => 'hang',
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return made
}

/** What an honest facilitator does: the transfer, on the chain. */
async function settleForReal(body: Body): Promise<`0x${string}`> {
  const { signature, authorization: it } = body.paymentPayload.payload
  return await rig.submitPast({
    from: it.from as `0x${string}`,
    to: it.to as `0x${string}`,
    value: BigInt(it.value ?? ''),
    validAfter: BigInt(it.validAfter ?? ''),
    validBefore: BigInt(it.validBefore ?? ''),
    nonce: it.nonce as `0x${string}`,
    signature,
  })
}

function settlerOf(options: Partial<FacilitatorOptions> = {}): FacilitatorSettler {
  stub.requests.length = 0
  second.requests.length = 0
  return createFacilitatorSettler({ chain: rig.chain, urls: stub.url, timeoutMs: 300, ...options })
}

async function submit(
  settler: FacilitatorSettler,
  authorization: SignedAuthorization,
  kept = keep(),
): Promise<Submitted> {
  const { offer } = rig
  const request = { token: offer.token, offer, authorization, previous: [...kept.kept] }
  return await settler.submit(request, kept.journal)
}

const urlsOf = ({ kept }: ReturnType<typeof keep>): readonly unknown[] =>
  kept.map((it) => it.via === 'facilitator' && it.url)

async function isPaid(authorization: SignedAuthorization): Promise<boolean> {
  return (await rig.chain.observe(toQuery(authorization))).kind === 'confirmed'
}

test('the facilitator is handed our own offer, after the journal', async () => {
  const settler = settlerOf()
  const authorization = await rig.pay()
  stub.answer = async (_, body) => {
    const transaction = await settleForReal(body)
    return { status: 200, body: { success: true, transaction, network: 'eip155:84532' } }
  }
  const kept = keep()
  const submitted = await submit(settler, authorization, kept)
  expect(submitted).toEqual({ kind: 'submitted', txHash: expect.stringMatching(/^0x.{64}$/) })
  expect(kept.kept).toEqual([{ via: 'facilitator', url: stub.url, atMs: expect.any(Number) }])
  expect(await isPaid(authorization)).toBe(true)
  const [request] = stub.requests
  const requirements = {
    scheme: 'exact',
    network: 'eip155:84532',
    amount: '100000',
    asset: rig.offer.token,
    payTo: rig.offer.payTo,
    maxTimeoutSeconds: 300,
    extra: { name: 'USDC', version: '2' },
  }
  expect(request?.body).toMatchObject({
    x402Version: 2,
    paymentPayload: {
      x402Version: 2,
      accepted: requirements,
      payload: { signature: authorization.signature, authorization: { value: '100000' } },
    },
    paymentRequirements: requirements,
  })
})

test('nothing is handed over when the journal fails', async () => {
  const settler = settlerOf()
  const request = { token: rig.offer.token, offer: rig.offer, previous: [] }
  const failing = settler.submit({ ...request, authorization: await rig.pay() }, async () => {
    throw new Error('the store is down')
  })
  await expect(failing).rejects.toThrow('the store is down')
  expect(stub.requests).toHaveLength(0)
})

test('a payer settled by a facilitator that then times out has paid all the same', async () => {
  const settler = settlerOf()
  const authorization = await rig.pay()
  stub.answer = async (_, body) => {
    await settleForReal(body)
    return 'hang'
  }
  expect(await submit(settler, authorization)).toMatchObject({ kind: 'unknown' })
  expect(await isPaid(authorization)).toBe(true)
})

test('a payer settled by a facilitator that never says so does not wait for its time out', async () => {
  const settler = settlerOf({ slowMs: 50, timeoutMs: 60_000 })
  const authorization = await rig.pay()
  stub.answer = async (_, body) => {
    await settleForReal(body)
    return 'hang'
  }
  const startedAtMs = performance.now()
  expect(await submit(settler, authorization)).toMatchObject({ kind: 'unknown' })
  expect(performance.now() - startedAtMs).toBeLessThan(30_000)
  await vi.waitFor(async () => expect(await isPaid(authorization)).toBe(true))
})

test('settlement_pending is on its way, whatever the status', async () => {
  for (const status of [200, 500]) {
    const transaction = `0x${'ab'.repeat(32)}`
    stub.answer = async () => ({
      status,
      body: { success: false, errorReason: 'settlement_pending', transaction },
    })
    const submitted = await submit(settlerOf(), await rig.pay())
    expect(submitted).toEqual({ kind: 'submitted', txHash: transaction })
  }
  stub.answer = async () => ({
    status: 500,
    body: { success: false, errorReason: 'settlement_pending', transaction: '' },
  })
  expect(await submit(settlerOf(), await rig.pay())).toEqual({ kind: 'submitted' })
})

test('whatever else comes back is unknown, with its reason, and never a verdict', async () => {
  const answers: readonly (readonly [Answer, string])[] = [
    [{ status: 502, body: '<html>Bad gateway</html>' }, 'HTTP 502'],
    [{ status: 200, body: 'null' }, 'no JSON'],
    [{ status: 200, body: '[]' }, 'no JSON'],
    [{ status: 200, body: { success: 'yes' } }, 'without an outcome'],
    [{ status: 401, body: { error: 'no key' } }, 'HTTP 401'],
    [{ status: 200, body: `{"success":true,"x":"${'y'.repeat(70_000)}"}` }, 'no JSON'],
    [{ status: 200, body: { success: false, errorReason: 'insufficient_funds' } }, 'insufficient'],
    [{ status: 409, body: { success: false, errorReason: '<b>\nx' } }, ' b  x'],
    [{ status: 500, body: { success: false } }, 'no reason given'],
  ]
  for (const [answer, reason] of answers) {
    stub.answer = async () => answer
    const submitted = await submit(settlerOf(), await rig.pay())
    expect(submitted).toEqual({ kind: 'unknown', reason: expect.stringContaining(reason) })
  }
})

test('a redirect is not followed: the payment stays with whom it was meant for', async () => {
  stub.answer = async () => ({ status: 308, body: '', headers: { location: second.url } })
  second.answer = async () => ({ status: 200, body: { success: true } })
  const submitted = await submit(settlerOf(), await rig.pay())
  expect(submitted).toEqual({ kind: 'unknown', reason: expect.stringContaining('redirect') })
  expect(second.requests).toHaveLength(0)
})

test('a facilitator that lies about success convinces nobody', async () => {
  const authorization = await rig.pay()
  const transaction = `0x${'cd'.repeat(32)}`
  stub.answer = async () => ({ status: 200, body: { success: true, transaction } })
  const submitted = await submit(settlerOf(), authorization)
  expect(submitted.kind).toBe('submitted')
  const hints = [transaction as `0x${string}`]
  expect(await rig.chain.observe(toQuery(authorization, { hints }))).toEqual({ kind: 'unused' })
})

test('when the first facilitator is down the next is asked, and both are journalled', async () => {
  const settler = settlerOf({ urls: `http://127.0.0.1:9/x402, ${stub.url}, ${second.url}` })
  const authorization = await rig.pay()
  stub.answer = async () => ({ status: 503, body: 'down' })
  second.answer = async (_, body) => {
    const transaction = await settleForReal(body)
    return { status: 200, body: { success: true, transaction } }
  }
  const kept = keep()
  expect((await submit(settler, authorization, kept)).kind).toBe('submitted')
  expect(urlsOf(kept)).toEqual(['http://127.0.0.1:9/x402', stub.url, second.url])
  expect(await isPaid(authorization)).toBe(true)
})

const settles = async (_: string, body: Body): Promise<Answer> => {
  const transaction = await settleForReal(body)
  return { status: 200, body: { success: true, transaction } }
}

test('one that says no, or says nothing for long, is passed over at once', async () => {
  const refuses = async (): Promise<Answer> => ({ status: 200, body: { success: false } })
  const hangs = async (): Promise<'hang'> => 'hang'
  for (const conduct of [refuses, hangs]) {
    const options = { urls: [stub.url, second.url], slowMs: 20, timeoutMs: 20_000 }
    const settler = settlerOf(options)
    const authorization = await rig.pay()
    stub.answer = conduct
    second.answer = settles
    expect((await submit(settler, authorization)).kind).toBe('submitted')
    expect(await isPaid(authorization)).toBe(true)
  }
})

test('a slow one that settles after all, and its successor, charge the buyer once', async () => {
  const { sandbox, chain } = rig
  const fallback = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas2.privateKey })
  const settler = settlerOf({ fallback, slowMs: 20, timeoutMs: 2_000 })
  const authorization = await rig.pay()
  const before = await sandbox.balanceOf(authorization.from)
  stub.answer = async (path, body) => {
    await settles(path, body)
    return 'hang'
  }
  const kept = keep()
  await submit(settler, authorization, kept)
  expect(kept.kept[0]).toMatchObject({ via: 'facilitator', url: stub.url })
  expect(await isPaid(authorization)).toBe(true)
  expect(before - (await sandbox.balanceOf(authorization.from))).toBe(authorization.value)
})

test('our own wallet settles when no facilitator does', async () => {
  const { sandbox, chain } = rig
  const fallback = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas2.privateKey })
  const settler = settlerOf({ fallback })
  const authorization = await rig.pay()
  stub.answer = async () => ({ status: 503, body: 'down' })
  const kept = keep()
  expect(await settler.precheck(rig.offer, authorization)).toMatchObject({ kind: 'valid' })
  expect((await submit(settler, authorization, kept)).kind).toBe('submitted')
  expect(kept.kept.map(({ via }) => via)).toEqual(['facilitator', 'gas-wallet'])
  expect(await isPaid(authorization)).toBe(true)
})

const claims = async (): Promise<Answer> => ({
  status: 200,
  body: { success: true, transaction: `0x${'cd'.repeat(32)}` },
})

test('a buyer whose facilitator says success and settles nothing has paid the next time', async () => {
  const settler = settlerOf({ urls: [stub.url, second.url] })
  const authorization = await rig.pay()
  stub.answer = claims
  second.answer = settles
  const kept = keep()
  await submit(settler, authorization, kept)
  expect(second.requests).toHaveLength(0)
  await submit(settler, authorization, kept)
  expect(await isPaid(authorization)).toBe(true)
  expect(urlsOf(kept)).toEqual([stub.url, second.url])
})

test('who had a payment longest ago has it again when all had it', async () => {
  const settler = settlerOf({ urls: [stub.url, second.url] })
  const authorization = await rig.pay()
  stub.answer = claims
  second.answer = claims
  const kept = keep()
  for (const _ of 'four') await submit(settler, authorization, kept)
  expect(urlsOf(kept)).toEqual([stub.url, second.url, stub.url, second.url])
})

test('a buyer at whom every facilitator lies has paid through our own wallet', async () => {
  const { sandbox, chain } = rig
  const fallback = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas2.privateKey })
  const settler = settlerOf({ urls: [stub.url, second.url], fallback })
  const authorization = await rig.pay()
  stub.answer = claims
  second.answer = claims
  const kept = keep()
  for (const _ of '123') await submit(settler, authorization, kept)
  expect(kept.kept.map(({ via }) => via)).toEqual(['facilitator', 'facilitator', 'gas-wallet'])
  expect(await isPaid(authorization)).toBe(true)
})

test('a facilitator that fails inside stops no sale, and is asked last after a while', async () => {
  const authorization = await rig.pay()
  for (const status of [500, 200]) {
    const settler = settlerOf({ urls: [stub.url, second.url] })
    const body = { isValid: false, invalidReason: 'unexpected_verify_error' }
    stub.answer = async () => ({ status, body })
    second.answer = async () => ({ status: 200, body: { isValid: true } })
    for (const _ of 'four')
      expect(await settler.precheck(rig.offer, authorization)).toMatchObject({ kind: 'valid' })
    expect([stub.requests.length, second.requests.length]).toEqual([3, 4])
    expect(await settlerOf().precheck(rig.offer, authorization)).toMatchObject({
      kind: 'unreachable',
    })
  }
})

test('one that doubts what the chain has tried is passed over; one that screens is not', async () => {
  const { sandbox, chain } = rig
  const fallback = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas2.privateKey })
  const authorization = await rig.pay()
  const precheck = async (invalidReason: string, options: Partial<FacilitatorOptions>) => {
    stub.answer = async () => ({ status: 200, body: { isValid: false, invalidReason } })
    second.answer = async () => ({ status: 200, body: { isValid: true } })
    const { kind } = await settlerOf(options).precheck(rig.offer, authorization)
    return [kind, second.requests.length]
  }
  const both = { urls: [stub.url, second.url] }
  expect(await precheck('invalid_exact_evm_insufficient_balance', both)).toEqual(['valid', 1])
  expect(await precheck('insufficient_funds', { fallback })).toEqual(['valid', 0])
  expect(await precheck('insufficient_funds', {})).toEqual(['invalid', 0])
  for (const name of ['invalid_exact_evm_payload_authorization_from_address_kyt', 'sanctioned'])
    for (const options of [both, { ...both, fallback }])
      expect(await precheck(name, options)).toEqual(['invalid', 0])
})

test('one that keeps failing is asked last for half a minute, then tried again', async () => {
  let nowMs = Date.now()
  const chain = { ...rig.chain, clock: { nowMs: () => nowMs } }
  const settler = settlerOf({ chain, urls: [stub.url, second.url] })
  const authorization = await rig.pay()
  stub.answer = async () => ({ status: 503, body: 'down' })
  second.answer = async () => ({ status: 200, body: { isValid: true } })
  const askedFirst = async (): Promise<number> => {
    stub.requests.length = 0
    await settler.precheck(rig.offer, authorization)
    return stub.requests.length
  }
  expect([await askedFirst(), await askedFirst(), await askedFirst()]).toEqual([1, 1, 1])
  expect(await askedFirst()).toBe(0)
  nowMs += 30_000
  expect(await askedFirst()).toBe(1)
  expect(await askedFirst()).toBe(0)
  nowMs += 30_000
  stub.answer = second.answer
  expect([await askedFirst(), await askedFirst()]).toEqual([1, 1])
})

test('the check before an intent: valid, refused with its reason, used, or not known', async () => {
  const authorization = await rig.pay()
  const precheck = async (answer: Answer): Promise<unknown> => {
    stub.answer = async () => answer
    return await settlerOf().precheck(rig.offer, authorization)
  }
  expect(await precheck({ status: 200, body: { isValid: true } })).toMatchObject({ kind: 'valid' })
  const refused = { isValid: false, invalidReason: 'invalid_exact_evm_insufficient_balance' }
  expect(await precheck({ status: 400, body: refused })).toEqual({
    kind: 'invalid',
    code: 'FACILITATOR_REFUSED',
    facts: { reason: 'invalid_exact_evm_insufficient_balance' },
  })
  const used = { isValid: false, invalidReason: 'invalid_exact_evm_nonce_already_used' }
  expect(await precheck({ status: 200, body: used })).toMatchObject({ kind: 'used' })
  for (const answer of [
    { status: 500, body: 'oops' },
    { status: 200, body: {} },
  ]) {
    expect(await precheck(answer)).toMatchObject({ kind: 'unreachable' })
  }
  expect(stub.requests[0]?.path).toBe('verify')
})

test('at boot a facilitator is asked what it supports', async () => {
  const ours = { x402Version: 2, scheme: 'exact', network: 'eip155:84532' }
  stub.answer = async () => ({ status: 200, body: { kinds: [ours], extensions: [] } })
  second.answer = async () => ({
    status: 200,
    body: { kinds: [{ ...ours, network: 'eip155:1' }, null] },
  })
  const settler = settlerOf({ urls: [stub.url, second.url, 'http://127.0.0.1:9'] })
  expect(await settler.checkSupport()).toEqual([
    { url: stub.url, isSupported: true },
    { url: second.url, isSupported: false, reason: expect.stringContaining('eip155:84532') },
    { url: 'http://127.0.0.1:9', isSupported: false, reason: expect.any(String) },
  ])
})

test('what it supports is not waited for as long as a settlement', async () => {
  const within = vi.spyOn(AbortSignal, 'timeout')
  const fetch = async () => Response.json({ kinds: [] })
  for (const timeoutMs of [30_000, 50]) await settlerOf({ fetch, timeoutMs }).checkSupport()
  expect(within.mock.calls).toEqual([[3_000], [50]])
  within.mockRestore()
})

test('Coinbase is sent a token for this one request, made with either kind of key', async () => {
  const ed = generateKeyPairSync('ed25519')
  const { d = '', x = '' } = ed.privateKey.export({ format: 'jwk' })
  const raw = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')])
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = ec.privateKey.export({ format: 'pem', type: 'sec1' }).toString()
  const spki = ec.publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const keys = [
    [
      raw.toString('base64'),
      'EdDSA',
      await importJWK({ ...ed.publicKey.export({ format: 'jwk' }), alg: 'EdDSA' }),
    ],
    [pem.replaceAll('\n', '\\n'), 'ES256', await importSPKI(spki, 'ES256')],
  ] as const
  for (const [cdpApiKeySecret, alg, publicKey] of keys) {
    const seen: { url: string; authorization: string | null }[] = []
    const settler = createFacilitatorSettler({
      chain: rig.chain,
      urls: [defaultFacilitatorUrl, stub.url],
      cdpApiKeyId: 'key-1',
      cdpApiKeySecret,
      fetch: async (url, init) => {
        const authorization = new Headers(init?.headers).get('authorization')
        seen.push({ url: String(url), authorization })
        return Response.json({}, { status: 503 })
      },
    })
    await submit(settler, await rig.pay())
    expect(seen.map(({ url }) => url)).toEqual([
      `${defaultFacilitatorUrl}/settle`,
      `${stub.url}/settle`,
    ])
    const token = seen[0]?.authorization?.replace('Bearer ', '') ?? ''
    const { payload, protectedHeader } = await jwtVerify(token, publicKey, {
      issuer: 'cdp',
      audience: 'cdp_service',
      subject: 'key-1',
    })
    expect(protectedHeader).toMatchObject({ alg, kid: 'key-1', typ: 'JWT' })
    expect(payload.uris).toEqual(['POST api.cdp.coinbase.com/platform/v2/x402/settle'])
    expect((payload.exp ?? 0) - (payload.nbf ?? 0)).toBe(120)
    expect(seen[1]?.authorization).toBeNull()
    expect(inspect(settler, { depth: 9 })).not.toContain(cdpApiKeySecret.slice(30, 60))
  }
})

test('a key or URL that is none is named by its field, never repeated', () => {
  const onMainnet = { ...rig.chain, row: { ...rig.chain.row, testnet: false } }
  const attempts: readonly (readonly [Partial<FacilitatorOptions>, string])[] = [
    [{ cdpApiKeyId: 'a', cdpApiKeySecret: 's3cr3t' }, 'cdpApiKeySecret'],
    [{ cdpApiKeyId: 'a', cdpApiKeySecret: '-----BEGIN s3cr3t' }, 'cdpApiKeySecret'],
    [{ cdpApiKeyId: 'a' }, 'cdpApiKeySecret'],
    [{ cdpApiKeySecret: 's3cr3t' }, 'cdpApiKeyId'],
    [{ urls: 'https://user:s3cr3t@host/' }, 'facilitatorUrls'],
    [{ urls: ' ' }, 'facilitatorUrls'],
    [{ urls: 'http://s3cr3t.example', chain: onMainnet }, 'facilitatorUrls'],
  ]
  expect(() => settlerOf({ urls: stub.url, chain: onMainnet })).not.toThrow()
  for (const [options, field] of attempts) {
    expect(() => settlerOf(options)).toThrow(field)
    expect(() => settlerOf(options)).not.toThrow('s3cr3t')
  }
})
