import type { ErrorCode, Hex, Offer, SignedAuthorization } from '@key0/core'
import { concatHex, hexToBigInt, numberToHex, slice } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askNode, price, startRig, type TestRig, wallets } from '../../test/rig.ts'

let rig: TestRig<'poor' | 'smart' | 'delegated'>
beforeAll(async () => {
  rig = await startRig({ wallets: ['poor', 'smart', 'delegated'] })
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

async function expectCode(
  authorization: SignedAuthorization,
  code: ErrorCode,
  offer: Offer = rig.offer,
): Promise<Readonly<Record<string, string>>> {
  const verification = await rig.chain.verify(offer, authorization)
  if (verification.kind !== 'invalid') throw new Error(`${code}: was ${verification.kind}`)
  expect(verification.code).toBe(code)
  return verification.facts
}

async function expectValid(authorization: SignedAuthorization): Promise<void> {
  const verification = await rig.chain.verify(rig.offer, authorization)
  expect(verification).toMatchObject({ kind: 'valid' })
}

describe('terms', () => {
  test('a payer who signed our offer may pay', async () => {
    const authorization = await rig.pay()
    const head = await rig.chain.head()
    expect(await rig.chain.verify(rig.offer, authorization)).toEqual({ kind: 'valid', head })
  })

  test('a payer who signed for another payee, amount or chain is told which', async () => {
    const { stranger, seller } = rig.sandbox.wallets
    const facts = await expectCode(
      await rig.pay({ to: stranger.address }),
      'PAYMENT_PAYEE_MISMATCH',
    )
    expect(facts).toEqual({ expected: seller.address, found: stranger.address })
    for (const value of [price - 1n, price + 1n, 0n]) {
      await expectCode(await rig.pay({ value }), 'PAYMENT_VALUE_MISMATCH')
    }
    const authorization = await rig.pay()
    const otherChain = { ...rig.offer, chainId: 8453 }
    await expectCode(authorization, 'PAYMENT_NETWORK_MISMATCH', otherChain)
    const otherToken = { ...rig.offer, token: stranger.address }
    await expectCode(authorization, 'PAYMENT_ASSET_MISMATCH', otherToken)
  })

  test('a payment that is not even one is called malformed, with the field', async () => {
    const authorization = await rig.pay()
    const broken: readonly [string, Partial<Record<keyof SignedAuthorization, unknown>>][] = [
      ['from', { from: '0x12' }],
      ['to', { to: 'nobody' }],
      ['nonce', { nonce: '0x1234' }],
      ['nonce', { nonce: `0x${'g'.repeat(64)}` }],
      ['value', { value: -1n }],
      ['value', { value: 2n ** 256n }],
      ['validAfter', { validAfter: 1.5 }],
      ['validBefore', { validBefore: '99999999999' }],
    ]
    for (const [field, change] of broken) {
      const facts = await expectCode(
        { ...authorization, ...change } as SignedAuthorization,
        'PAYMENT_MALFORMED',
      )
      expect(facts.field).toBe(field)
    }
  })

  test('refusals on the terms ask the chain nothing', async () => {
    const authorization = await rig.pay({ value: price - 1n })
    rig.proxy.clearCalls()
    await expectCode(authorization, 'PAYMENT_VALUE_MISMATCH')
    expect(rig.proxy.count()).toBe(0)
  })
})

describe('window', () => {
  const now = (): bigint => BigInt(Math.floor(Date.now() / 1000))

  test('a payer whose authorization ends within 6 seconds must sign again', async () => {
    await expectCode(await rig.pay({ validBefore: now() + 4n }), 'AUTHORIZATION_EXPIRED')
    await expectCode(await rig.pay({ validBefore: now() - 60n }), 'AUTHORIZATION_EXPIRED')
    await expectValid(await rig.pay({ validBefore: now() + 12n }))
  })

  test('a payer whose authorization starts later must wait', async () => {
    await expectCode(await rig.pay({ validAfter: now() + 60n }), 'AUTHORIZATION_NOT_YET_VALID')
  })

  test('the window of the reference client is accepted, a longer one is not', async () => {
    await expectValid(await rig.pay({ validBefore: now() + 300n }))
    await expectCode(await rig.pay({ validBefore: now() + 340n }), 'AUTHORIZATION_TOO_LONG')
  })

  test('when the chain’s clock is ahead of ours, the chain’s counts', async () => {
    await using other = await startRig()
    await other.sandbox.increaseTime(1_000)
    await other.chain.head()
    const late = await other.pay({ validBefore: now() + 60n })
    expect(await other.chain.verify(other.offer, late)).toMatchObject({
      code: 'AUTHORIZATION_EXPIRED',
    })
    const verification = await other.chain.verify(other.offer, await other.pay())
    expect(verification.kind).toBe('valid')
  })
})

describe('signature', () => {
  const change = (authorization: SignedAuthorization, signature: Hex): SignedAuthorization => ({
    ...authorization,
    signature,
  })
  const parts = ({ signature }: SignedAuthorization): readonly [Hex, Hex, bigint] => [
    slice(signature, 0, 32),
    slice(signature, 32, 64),
    hexToBigInt(slice(signature, 64)),
  ]

  test('a payer whose wallet writes v as 0 or 1, or compactly, is accepted', async () => {
    const authorization = await rig.pay()
    const [r, s, v] = parts(authorization)
    await expectValid(change(authorization, concatHex([r, s, v === 27n ? '0x00' : '0x01'])))
    const packed = hexToBigInt(s) + (v === 28n ? 1n << 255n : 0n)
    await expectValid(change(authorization, concatHex([r, numberToHex(packed, { size: 32 })])))
  })

  test('the high-s twin of a good signature is refused by name', async () => {
    const authorization = await rig.pay()
    const [r, s, v] = parts(authorization)
    const twin = numberToHex(order - hexToBigInt(s), { size: 32 })
    await expectCode(
      change(authorization, concatHex([r, twin, v === 27n ? '0x1c' : '0x1b'])),
      'SIGNATURE_MALLEABLE',
    )
  })

  test('a forged payer, garbage and empty bytes are refused at the same cost', async () => {
    const { buyer2 } = rig.sandbox.wallets
    const authorization = await rig.pay()
    const forgeries = [
      await rig.pay({ from: buyer2.address }),
      change(authorization, '0x'),
      change(authorization, '0x1234'),
      change(authorization, `0x${'00'.repeat(65)}`),
      change(authorization, `0x${'ff'.repeat(65)}`),
      change(authorization, `0x${'ab'.repeat(200)}`),
    ]
    for (const forgery of forgeries) {
      rig.proxy.clearCalls()
      await expectCode(forgery, 'SIGNATURE_INVALID')
      expect(rig.proxy.calls().map(({ method }) => method)).toEqual(['eth_getCode'])
    }
  })

  test('bytes that no account could have signed ask the chain nothing', async () => {
    const authorization = await rig.pay()
    rig.proxy.clearCalls()
    const wrapped = concatHex([authorization.signature, `0x${'6492'.repeat(16)}`])
    const facts = await expectCode(change(authorization, wrapped), 'SIGNATURE_INVALID')
    expect(facts.reason).toContain('6492')
    await expectCode(change(authorization, `0x${'ab'.repeat(5_000)}`), 'SIGNATURE_INVALID')
    await expectCode(change(authorization, '0xabc' as Hex), 'SIGNATURE_INVALID')
    expect(rig.proxy.count()).toBe(0)
  })

  test('a contract wallet pays when its own contract acknowledges the signature', async () => {
    const { smart } = rig.sandbox.wallets
    await rig.sandbox.mint(smart.address, price)
    const authorization = await rig.pay({ from: smart.address })
    const signed = change(authorization, `0x${'ab'.repeat(130)}`)
    await askNode(rig.sandbox, 'anvil_setCode', [smart.address, wallets.acknowledges])
    await expectValid(signed)
    expect(await rig.chain.isAuthorizedBy(rig.offer.token, signed)).toBe(true)
    await askNode(rig.sandbox, 'anvil_setCode', [smart.address, wallets.refuses])
    await expectCode(signed, 'SIGNATURE_INVALID')
    expect(await rig.chain.isAuthorizedBy(rig.offer.token, signed)).toBe(false)
    // A contract that burns gas gets a capped amount of it, and no payment.
    await askNode(rig.sandbox, 'anvil_setCode', [smart.address, wallets.burnsGas])
    const verification = await rig.chain.verify(rig.offer, signed)
    expect(verification.kind).toBe('invalid')
    expect(await rig.chain.isAuthorizedBy(rig.offer.token, signed)).toBe(false)
  })

  test('a key that delegates to a contract (EIP-7702) is judged as the token judges it', async () => {
    const { delegated, stranger } = rig.sandbox.wallets
    await rig.sandbox.mint(delegated.address, price)
    const authorization = await rig.pay({ privateKey: delegated.privateKey })
    await expectValid(authorization)
    await askNode(rig.sandbox, 'anvil_setCode', [stranger.address, wallets.refuses])
    const designator = concatHex(['0xef0100', stranger.address])
    await askNode(rig.sandbox, 'anvil_setCode', [delegated.address, designator])
    const verification = await rig.chain.verify(rig.offer, authorization)
    expect(verification).toMatchObject({ kind: 'invalid', code: 'SIMULATION_FAILED' })
  })
})

describe('chain', () => {
  test('a payer without the money is told how much is missing', async () => {
    const { poor } = rig.sandbox.wallets
    await rig.sandbox.mint(poor.address, price - 1n)
    const authorization = await rig.pay({ privateKey: poor.privateKey })
    const facts = await expectCode(authorization, 'FUNDS_INSUFFICIENT')
    expect(facts).toEqual({ required: '100000', available: '99999' })
  })

  test('a blocked payer, a blocked payee and a paused token are told apart', async () => {
    const { buyer, seller } = rig.sandbox.wallets
    const authorization = await rig.pay()
    for (const account of [buyer.address, seller.address]) {
      await rig.sandbox.blacklist(account)
      expect(await expectCode(authorization, 'PAYER_BLOCKED')).toEqual({ account })
      await rig.sandbox.unblacklist(account)
    }
    await rig.sandbox.pause()
    await expectCode(authorization, 'TOKEN_PAUSED')
    await rig.sandbox.unpause()
    await expectValid(authorization)
  })

  test('an authorization that somebody submitted already is used, not invalid', async () => {
    const authorization = await rig.pay()
    await rig.submitPast(authorization)
    expect((await rig.chain.verify(rig.offer, authorization)).kind).toBe('used')
  })

  test('a chain that cannot be asked is no verdict', async () => {
    const authorization = await rig.pay()
    const method = 'eth_call'
    const rule = rig.proxy.add({ method, effect: { kind: 'status', status: 503 } })
    expect((await rig.chain.verify(rig.offer, authorization)).kind).toBe('unreachable')
    rule.remove()
    const odd = rig.proxy.add({
      method,
      effect: { kind: 'error', code: -32_005, message: 'limit exceeded' },
    })
    expect((await rig.chain.verify(rig.offer, authorization)).kind).toBe('unreachable')
    odd.remove()
    await expectValid(authorization)
  })

  test('every call of a contract carries a gas cap', async () => {
    rig.proxy.clearCalls()
    await expectValid(await rig.pay())
    const calls = rig.proxy.calls().filter(({ method }) => method === 'eth_call')
    expect(calls.length).toBeGreaterThan(0)
    for (const { params } of calls) expect(params[0]).toHaveProperty('gas')
  })
})
