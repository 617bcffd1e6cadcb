import type { ReceiptPayload } from '@key0/core'
import { signReceiptEIP712, verifyReceiptSignatureEIP712 } from '@x402/extensions/offer-receipt'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { createReceiptSigner } from './createReceiptSigner.ts'
import { verifyReceipt } from './verifyReceipt.ts'

const privateKey = `0x${'5e'.repeat(32)}` as const
const account = privateKeyToAccount(privateKey)
const signer = createReceiptSigner({ privateKey })
const by = { signer: signer.address }
const payload: ReceiptPayload = {
  version: 1,
  network: 'eip155:8453',
  resourceUrl: 'https://shop.example/photos/7?size=large',
  payer: `0x${'ab'.repeat(20)}`,
  issuedAt: 1_900_000_000,
  transaction: `0x${'cd'.repeat(32)}`,
}

describe('a receipt', () => {
  test('is, to the byte, what x402’s own package signs, every time', async () => {
    const receipt = await signer.sign(payload)
    const theirs = await signReceiptEIP712(payload, (typed) =>
      account.signTypedData(typed as Parameters<typeof account.signTypedData>[0]),
    )
    expect(receipt).toEqual({ format: 'eip712', payload, signature: theirs })
    expect(await signer.sign(payload)).toEqual(receipt)
    const { signer: found } = await verifyReceiptSignatureEIP712(receipt)
    expect(found).toBe(account.address)
  })

  test('is verified without a network, also after a trip as JSON', async () => {
    const receipt = JSON.parse(JSON.stringify(await signer.sign(payload)))
    const lower = { signer: by.signer.toLowerCase() as `0x${string}` }
    expect(await verifyReceipt(receipt, by)).toEqual({ kind: 'genuine', payload })
    expect(await verifyReceipt(receipt, lower)).toEqual({ kind: 'genuine', payload })
  })

  test('vouches for what is signed and for nothing that was put beside it', async () => {
    const receipt = await signer.sign(payload)
    const padded = { ...receipt, payload: { ...payload, amount: '1000000' } }
    expect(await verifyReceipt(padded, by)).toEqual({ kind: 'genuine', payload })
  })

  test.each<Partial<Record<keyof ReceiptPayload, unknown>>>([
    { network: 'eip155:84532' },
    { resourceUrl: 'https://shop.example/photos/8?size=large' },
    { payer: `0x${'ac'.repeat(20)}` },
    { issuedAt: 1_900_000_001 },
    { transaction: `0x${'ce'.repeat(32)}` },
  ])('with another %o is not this signer’s', async (change) => {
    const receipt = await signer.sign(payload)
    const changed = { ...receipt, payload: { ...payload, ...change } }
    expect(await verifyReceipt(changed, by)).toEqual({ kind: 'foreign' })
  })

  test('of somebody else, or with a signature that is none, is foreign', async () => {
    const other = createReceiptSigner({ privateKey: `0x${'5f'.repeat(32)}` })
    expect(await verifyReceipt(await other.sign(payload), by)).toEqual({ kind: 'foreign' })
    for (const byte of ['00', '11', 'ff']) {
      const signature = `0x${byte.repeat(65)}`
      const forged = { format: 'eip712', payload, signature }
      expect(await verifyReceipt(forged, by)).toEqual({ kind: 'foreign' })
    }
  })

  test.each<readonly [string, object | null | string]>([
    ['nothing', null],
    ['a text', 'receipt'],
    ['another format', { format: 'jws' }],
    ['no payload', { payload: undefined }],
    ['a short signature', { signature: '0x12' }],
    ['another version', { payload: { ...payload, version: 2 } }],
    ['a fraction of a second', { payload: { ...payload, issuedAt: 1.5 } }],
    ['no payer', { payload: { ...payload, payer: '' } }],
    ['no transaction', { payload: { ...payload, transaction: '' } }],
  ])('that is %s is malformed', async (_, change) => {
    const whole = await signer.sign(payload)
    const receipt = typeof change === 'object' && change !== null ? { ...whole, ...change } : change
    expect(await verifyReceipt(receipt, by)).toEqual({ kind: 'malformed' })
  })
})

test('a key that is none is refused and not repeated', () => {
  const open = (): unknown => createReceiptSigner({ privateKey: '0xc0ffee' })
  expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(open).not.toThrow(/c0ffee/)
})
