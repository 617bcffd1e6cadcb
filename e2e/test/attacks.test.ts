import { type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer, toPayment } from '../src/createBuyer.ts'
import { storeKinds } from '../src/createShelf.ts'
import { dumpRecord } from '../src/dump.ts'
import { readCarrier, readPool, submitTogether } from '../src/mempool.ts'
import { stopServers } from '../src/servers.ts'
import { priceOf, startShop } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
afterAll(stopServers)

const withoutId = ({ extra, ...accepted }: Readonly<Record<string, unknown>>) => {
  const { challengeId: _, ...rest } = extra as Record<string, unknown>
  return { ...accepted, extra: rest }
}

describe.each(storeKinds)('over a store in %s', (store) => {
  describe('a stranger who read a mined payment off the chain', () => {
    test.each(['none', 'signature'] as const)(
      'gets nothing with it (proofs are bound by %s)',
      async (proofBinding) => {
        await using shop = await startShop({ sandbox, store, proofBinding })
        const buyer = await createBuyer(shop)
        const { reply, offer } = await buyer.buy()
        const txHash = `${reply.json.txHash}` as const as `0x${string}`
        const seen = await readCarrier(sandbox, txHash)
        const before = await dumpRecord(shop, offer.challengeId)

        const stranger = await createBuyer(shop)
        const own = await stranger.offered({ planId: 'basic', requestId: 'stranger-000000000001' })
        const guessed = { ...own.accepted, extra: { ...own.accepted.extra } }
        guessed.extra.challengeId = `http-${'5e'.repeat(20)}`
        const replies = [
          await stranger.pay(toPayment(own.accepted, seen)),
          await stranger.pay(toPayment(withoutId(own.accepted), seen)),
          await stranger.pay(toPayment(withoutId(own.accepted), seen), {
            planId: 'basic',
            requestId: 'stranger-000000000001',
          }),
          await stranger.pay(toPayment(withoutId(own.accepted), seen), {
            planId: 'basic',
            requestId: 'stranger-000000000002',
          }),
          await stranger.pay(toPayment(guessed, seen)),
        ]
        expect(replies.map(({ status, code }) => [status, code])).toEqual([
          [409, 'PAYMENT_SPENT'],
          [409, 'PAYMENT_SPENT'],
          [409, 'PAYMENT_SPENT'],
          [409, 'PAYMENT_SPENT'],
          [404, 'CHALLENGE_UNKNOWN'],
        ])
        const proof = await stranger.prove(own.challengeId, txHash)
        expect(proof.status).toBe(proofBinding === 'none' ? 409 : 403)
        expect(proof.json).not.toHaveProperty('accessToken')
        expect(await dumpRecord(shop, offer.challengeId)).toBe(before)
        expect(shop.issuer.calls).toHaveLength(1)
        expect(await checkBooks(shop)).toEqual([])
      },
    )

    test('or out of the pool before it is mined, gets nothing and the buyer is served', async () => {
      await using shop = await startShop({ sandbox, store, gateways: 2 })
      const buyer = await createBuyer(shop)
      const stranger = await createBuyer(shop)
      const offer = await buyer.offered()
      const own = await stranger.offered()
      await sandbox.stallBlocks()
      const { header } = await buyer.sign(offer)
      const paying = buyer.pay(header)
      const hash = await firstInPool()
      const seen = await readCarrier(sandbox, hash)
      const stolen = await stranger.pay(toPayment(own.accepted, seen))
      expect([stolen.status, stolen.code]).toEqual([409, 'PAYMENT_SPENT'])
      await sandbox.resumeBlocks()
      expect((await paying).status).toBe(200)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('that no shop saw yet is asked for the payer’s signature, and the payer is served', async () => {
      await using shop = await startShop({ sandbox, store, proofBinding: 'signature' })
      const buyer = await createBuyer(shop)
      const stranger = await createBuyer(shop)
      const offer = await buyer.offered()
      const { signed, header } = await buyer.sign(offer)
      await sandbox.submitAuthorization(signed)
      const own = await stranger.offered()
      const stolen = await stranger.pay(toPayment(own.accepted, signed))
      expect([stolen.status, stolen.code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
      const paid = await buyer.pay(header)
      expect([paid.status, paid.code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
      const { txHash, message } = paid.json.facts as { txHash: `0x${string}`; message: string }
      const proven = await buyer.prove(offer.challengeId, txHash, await buyer.signText(message))
      expect(proven.status).toBe(200)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  describe('one transfer', () => {
    test('by authorization buys no second challenge by its hash', async () => {
      await using shop = await startShop({ sandbox, store })
      const buyer = await createBuyer(shop)
      const { reply } = await buyer.buy()
      const second = await buyer.offered()
      const before = await dumpRecord(shop, second.challengeId)
      const proof = await buyer.prove(second.challengeId, reply.json.txHash as `0x${string}`)
      expect([proof.status, proof.code]).toEqual([409, 'PAYMENT_SPENT'])
      expect(await dumpRecord(shop, second.challengeId)).toBe(before)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('by hash buys no second challenge by its authorization', async () => {
      await using shop = await startShop({ sandbox, store })
      const buyer = await createBuyer(shop)
      const first = await buyer.offered()
      const second = await buyer.offered()
      const { signed } = await buyer.sign(first)
      const hash = await sandbox.submitAuthorization(signed)
      expect((await buyer.prove(first.challengeId, hash)).status).toBe(200)
      const again = await buyer.pay(toPayment(second.accepted, signed))
      expect([again.status, again.code]).toEqual([409, 'PAYMENT_SPENT'])
      expect((await buyer.prove(second.challengeId, hash)).code).toBe('PAYMENT_SPENT')
      expect(shop.issuer.calls).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('made by hand and shown for two challenges at once buys one of them', async () => {
      await using shop = await startShop({ sandbox, store, gateways: 2 })
      const buyer = await createBuyer(shop)
      const offers = await Promise.all(Array.from({ length: 6 }, () => buyer.offered()))
      const hash = await sandbox.transfer(buyer.address, shop.seller.address, priceOf.basic)
      const shown = await Promise.all(
        offers.flatMap(({ challengeId }) => [
          buyer.prove(challengeId, hash),
          buyer.prove(challengeId, hash),
        ]),
      )
      const served = shown.filter(({ status }) => status === 200)
      expect(new Set(served.map(({ text }) => text)).size).toBe(1)
      const rest = shown.filter(({ status }) => status !== 200)
      for (const { status } of rest) expect([409, 503]).toContain(status)
      expect(shop.issuer.calls).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('in a transaction with another buyer’s pays for its own payer only', async () => {
      await using shop = await startShop({ sandbox, store, proofBinding: 'signature' })
      const one = await createBuyer(shop)
      const other = await createBuyer(shop)
      const cheap = await one.offered({ planId: 'basic' })
      const dear = await other.offered({ planId: 'plus' })
      const hash = await submitTogether(sandbox, [
        (await one.sign(cheap)).signed,
        (await other.sign(dear)).signed,
      ])
      const proof = async (buyer: typeof one, id: string) => {
        const { json } = await buyer.prove(id, hash)
        const { message } = json.facts as { message: string }
        return buyer.prove(id, hash, await buyer.signText(message))
      }
      // The cheap one's payer does not get the dear plan by the transaction they share.
      const greedy = await one.offered({ planId: 'plus' })
      expect((await proof(one, greedy.challengeId)).code).toBe('PAYER_PROOF_INVALID')
      expect((await proof(one, cheap.challengeId)).status).toBe(200)
      expect((await proof(other, dear.challengeId)).status).toBe(200)
      const paid = (await shop.records()).filter(({ state }) => state === 'DELIVERED')
      expect(new Set(paid.map(({ paymentRef }) => paymentRef)).size).toBe(2)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('of two buyers batched by a third party serves both', async () => {
      await using rpc = await startRpcProxy({ target: sandbox.rpcUrl })
      await using shop = await startShop({ sandbox, store, rpcUrl: rpc.url })
      const buyers = [await createBuyer(shop), await createBuyer(shop)] as const
      const offers = await Promise.all(buyers.map((buyer) => buyer.offered()))
      const payments = await Promise.all(
        buyers.map((buyer, index) => buyer.sign(offers[index] as (typeof offers)[0])),
      )
      const batched = Promise.withResolvers<void>()
      const effect = { kind: 'hold', until: batched.promise } as const
      rpc.add({ method: 'eth_sendRawTransaction', effect })
      const paying = buyers.map((buyer, index) => buyer.pay(payments[index]?.header ?? ''))
      await rpc.waitForCall('eth_sendRawTransaction')
      const hash = await submitTogether(
        sandbox,
        payments.map(({ signed }) => signed),
      )
      batched.resolve()
      const replies = await Promise.all(paying)
      expect(replies.map(({ status, json }) => [status, json.txHash])).toEqual([
        [200, hash],
        [200, hash],
      ])
      expect(await checkBooks(shop)).toEqual([])
    })

    test('older than the challenge, or short by one unit, buys nothing', async () => {
      await using shop = await startShop({ sandbox, store })
      const buyer = await createBuyer(shop)
      const old = await sandbox.transfer(buyer.address, shop.seller.address, priceOf.basic)
      const short = await sandbox.transfer(buyer.address, shop.seller.address, priceOf.basic - 1n)
      shop.clock.advance(60_000)
      const { challengeId } = await buyer.offered()
      const before = await dumpRecord(shop, challengeId)
      const late = await buyer.prove(challengeId, old)
      expect([late.status, late.code]).toEqual([409, 'TRANSFER_OUTSIDE_WINDOW'])
      const under = await buyer.prove(challengeId, short)
      expect([under.status, under.code]).toEqual([409, 'TRANSFER_MISMATCH'])
      const none = await buyer.prove(challengeId, `0x${'ab'.repeat(32)}`)
      expect([none.status, none.code]).toEqual([404, 'TRANSFER_NOT_FOUND'])
      expect(await dumpRecord(shop, challengeId)).toBe(before)
      expect(await checkBooks(shop, { strays: [old, short] })).toEqual([])
    })
  })

  describe('a payer who shows a bare hash where proofs are signed', () => {
    test('is told what to sign; a stranger’s signature is refused, the payer’s opens', async () => {
      await using shop = await startShop({ sandbox, store, proofBinding: 'signature' })
      const buyer = await createBuyer(shop)
      const stranger = await createBuyer(shop)
      const { challengeId } = await buyer.offered()
      const hash = await sandbox.transfer(buyer.address, shop.seller.address, priceOf.basic)
      const before = await dumpRecord(shop, challengeId)
      const bare = await buyer.prove(challengeId, hash)
      expect([bare.status, bare.code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
      const { message } = bare.json.facts as { message: string }
      expect(message).toContain(challengeId)
      expect(message).toContain(hash)
      const forged = await stranger.prove(challengeId, hash, await stranger.signText(message))
      expect([forged.status, forged.code]).toEqual([403, 'PAYER_PROOF_INVALID'])
      const other = await buyer.prove(challengeId, hash, await buyer.signText('Hello'))
      expect(other.code).toBe('PAYER_PROOF_INVALID')
      expect(await dumpRecord(shop, challengeId)).toBe(before)
      const signature = await buyer.signText(message)
      const proven = await buyer.prove(challengeId, hash, signature)
      expect(proven.status).toBe(200)
      const again = await buyer.prove(challengeId, hash, signature)
      expect([again.status, again.text]).toEqual([200, proven.text])
      const stolen = await stranger.prove(challengeId, hash)
      expect([stolen.status, stolen.json.accessToken]).toEqual([403, undefined])
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  describe('a buyer whose payment a third party brought to the chain first', () => {
    test('has paid, and is served once', async () => {
      await using rpc = await startRpcProxy({ target: sandbox.rpcUrl })
      await using shop = await startShop({ sandbox, store, rpcUrl: rpc.url })
      const buyer = await createBuyer(shop)
      const { signed, header } = await buyer.sign(await buyer.offered())
      const overtaken = Promise.withResolvers<void>()
      rpc.add({
        method: 'eth_sendRawTransaction',
        effect: { kind: 'hold', until: overtaken.promise },
      })
      const paying = buyer.pay(header)
      await rpc.waitForCall('eth_sendRawTransaction')
      const hash = await sandbox.submitAuthorization(signed)
      overtaken.resolve()
      const reply = await paying
      expect([reply.status, reply.json.txHash]).toEqual([200, hash])
      expect((await buyer.pay(header)).text).toBe(reply.text)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(shop.issuer.calls).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  async function firstInPool(): Promise<`0x${string}`> {
    const deadline = Date.now() + 5_000
    while (Date.now() < deadline) {
      const [hash] = await readPool(sandbox)
      if (hash) return hash
    }
    throw new Error('nothing came into the pool')
  }
})
