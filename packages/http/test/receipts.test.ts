import type { ReceiptPayload, ReceiptSigner } from '@key0/core'
import { fakeAccounts } from '@key0/core/testing'
import {
  extractReceiptFromResponse,
  isEIP712SignedReceipt,
  signReceiptEIP712,
  verifyReceiptSignatureEIP712,
} from '@x402/extensions/offer-receipt'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { origin, readOffer } from './buy.ts'
import { openPaidWorld, type PaidWorld } from './paidWorld.ts'

const account = privateKeyToAccount(`0x${'5e'.repeat(32)}`)

/** Signs with x402's own package: what is checked here is what is signed, and where it goes. */
const signer: ReceiptSigner = {
  address: account.address,
  async sign(payload) {
    const signature = await signReceiptEIP712(payload, (typed) =>
      account.signTypedData(typed as Parameters<typeof account.signTypedData>[0]),
    )
    return { format: 'eip712', payload, signature: signature as `0x${string}` }
  },
}

const open = (receipts: { signer: ReceiptSigner } | undefined = { signer }): PaidWorld =>
  openPaidWorld({}, receipts)

const grantAt = '/x402/access'
const asked = (planId = 'basic'): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ planId }),
})

/** Whose word a receipt is, and what it says, as a client of x402 reads it off an answer. */
async function verify(response: Response): Promise<{ signer: string; payload: ReceiptPayload }> {
  const receipt = extractReceiptFromResponse(response)
  if (!receipt || !isEIP712SignedReceipt(receipt)) throw new Error('no receipt')
  const { signer, payload } = await verifyReceiptSignatureEIP712(receipt)
  return { signer, payload: payload as ReceiptPayload }
}

describe('who is handed what it bought is given a receipt', () => {
  test.each([
    ['a grant', grantAt, asked(), 'https://pay.example/x402/access'],
    ['a response', '/photos/7?size=large', {}, 'https://pay.example/photos/7?size=large'],
  ])('for %s: the same every time, and small', async (_, target, init, resourceUrl) => {
    const world = open()
    const first = await world.buy(target, init)
    expect(first.response.status).toBe(200)
    const [transfer] = world.ledger.transfers()
    expect(await verify(first.response)).toEqual({
      signer: account.address,
      payload: {
        version: 1,
        ...{ network: `eip155:${world.ctx.settings.chainId}`, resourceUrl },
        payer: fakeAccounts.buyer,
        issuedAt: Math.floor(world.clock.nowMs() / 1000),
        transaction: transfer?.txHash,
      },
    })
    const header = first.response.headers.get('payment-response') ?? ''
    expect(header.length).toBeLessThan(2_048)

    world.clock.advance(61_000)
    const again = await world.buy(target, init, first.payment)
    expect(again.response.headers.get('payment-response')).toBe(header)
    expect(world.ledger.transfers()).toHaveLength(1)
  })

  test('and who changes it is found out', async () => {
    const world = open()
    const { response } = await world.buy('/photos/7')
    const receipt = extractReceiptFromResponse(response)
    if (!receipt || !isEIP712SignedReceipt(receipt)) throw new Error('no receipt')
    const payload = { ...receipt.payload, resourceUrl: 'https://pay.example/photos/8' }
    const { signer } = await verifyReceiptSignatureEIP712({ ...receipt, payload })
    expect(signer).not.toBe(account.address)
  })

  test('and finds it where it looks up its purchase; nobody else does', async () => {
    const world = open()
    const offered = await world.send(grantAt, asked())
    const id = readOffer(offered.clone()).accepts[0]?.extra?.challengeId
    const payment = await world.sign(offered)
    const { response } = await world.buy(grantAt, asked(), payment)
    const at = `${origin}/x402/challenges/${id}`
    const look = async (headers: Record<string, string>): Promise<{ receipt?: unknown }> =>
      (await world.handler(new Request(at, { headers }))).json() as Promise<{ receipt?: unknown }>
    const { receipt } = await look({ 'payment-signature': payment })
    expect(receipt).toEqual(extractReceiptFromResponse(response))
    expect(await look({})).not.toHaveProperty('receipt')
  })
})

describe('there is no receipt', () => {
  const told = (response: Response): string =>
    atob(response.headers.get('payment-response') ?? response.headers.get('payment-required') ?? '')

  test('for an offer, nor a word of receipts in it', async () => {
    const offered = await open().send('/photos/7')
    expect([offered.status, told(offered)]).toEqual([402, expect.stringContaining('accepts')])
    expect(told(offered)).not.toContain('receipt')
  })

  test('for what was paid and is not delivered', async () => {
    const world = open()
    world.answer = async () => new Response('no', { status: 500 })
    const { response } = await world.buy('/photos/7')
    expect([response.status, told(response)]).toEqual([
      502,
      expect.stringContaining('"success":true'),
    ])
    expect(told(response)).not.toContain('receipt')
  })

  test('for a refused payment', async () => {
    const world = open()
    const stolen = await world.sign(await world.send('/photos/7'))
    const { response } = await world.buy('/photos/8', {}, stolen)
    expect(response.status).not.toBe(200)
    expect(told(response)).not.toContain('receipt')
  })

  test('for an address that would not fit the header; what was bought is handed out', async () => {
    const world = openPaidWorld({}, { signer }, { maxQueryLength: 2_048 })
    // As JSON has them, these are two characters each.
    const resource = { method: 'GET', path: `/photos/7?${'\\'.repeat(2_038)}` }
    const init = { ...asked(), body: JSON.stringify({ resource }) }
    const { response } = await world.buy(grantAt, init)
    expect([response.status, told(response)]).toEqual([
      200,
      expect.stringContaining('"success":true'),
    ])
    expect(told(response)).not.toContain('receipt')
  })

  test('where nobody signs, and the answer is as it was', async () => {
    const { response } = await openPaidWorld().buy('/photos/7')
    expect([response.status, told(response)]).toEqual([
      200,
      expect.stringContaining('"success":true'),
    ])
    expect(told(response)).not.toContain('extensions')
  })
})

test.each<readonly [string, ReceiptSigner['sign']]>([
  ['fails', () => Promise.reject(new Error('the signer is away'))],
  [
    'throws',
    () => {
      throw new Error('the signer is broken')
    },
  ],
  ['hangs', () => new Promise(() => {})],
])('a signer that %s costs the receipt, not what was bought', async (_, sign) => {
  const causes: unknown[] = []
  const world = openPaidWorld(
    {},
    {
      signer: { ...signer, sign },
      onError: (cause) => {
        causes.push(cause)
        throw new Error('so is the observer')
      },
    },
  )
  const { response } = await world.buy('/photos/7')
  expect([response.status, await response.text()]).toEqual([200, 'the photo'])
  expect(extractReceiptFromResponse(response)).toBeUndefined()
  expect(causes).toHaveLength(1)
})

test('/discover names who signs, where somebody does', async () => {
  const discover = async (world: PaidWorld): Promise<object> =>
    (await world.handler(new Request(`${origin}/discover`))).json() as Promise<object>
  expect(await discover(open())).toMatchObject({ receiptSigner: account.address })
  expect(await discover(openPaidWorld())).not.toHaveProperty('receiptSigner')
})
