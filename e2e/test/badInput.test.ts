import { badInputs, type Draft, paidDraft } from '@key0/http/testing'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { createPublicClient, http } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { type Buyer, createBuyer, decode } from '../src/createBuyer.ts'
import { dump } from '../src/dump.ts'
import { rawRequest } from '../src/rawRequest.ts'
import { priceOf, type Shop, startShop } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

describe.each(['memory', 'sqlite'] as const)(
  'a request with one thing wrong, to a shop with a store in %s',
  (store) => {
    let shop: Shop
    let buyer: Buyer
    let valid: Draft
    let before: string
    beforeAll(async () => {
      shop = await startShop({ sandbox, store })
      buyer = await createBuyer(shop)
      const { header } = await buyer.sign(await buyer.offered({ planId: 'basic' }))
      valid = paidDraft('basic', decode(header))
      before = await everything()
    })
    afterAll(() => shop[Symbol.asyncDispose]())

    /** Records, gas and money: what no bad input may touch. */
    async function everything(): Promise<string> {
      const client = createPublicClient({ transport: http(sandbox.rpcUrl), cacheTime: 0 })
      const { address } = shop.gas
      const facts = await Promise.all([
        dump(shop),
        client.getTransactionCount({ address, blockTag: 'pending' }),
        client.getBalance({ address }),
        sandbox.balanceOf(shop.seller.address),
        sandbox.balanceOf(buyer.address),
        sandbox.transfers({ from: buyer.address }).then(({ length }) => length),
      ])
      return facts.map(String).join('\n')
    }

    test.each(badInputs)('is refused and costs nothing: $name', async ({ spoil, status, code }) => {
      const now = await sandbox.timestamp()
      const wall = BigInt(Math.floor(Date.now() / 1000))
      const reply = await rawRequest(shop.url, spoil(valid, now > wall ? now : wall))
      const body = JSON.parse(reply.text) as Record<string, unknown>
      expect([reply.status, body.code]).toEqual([status, code])
      expect(body).not.toHaveProperty('accessToken')
      expect(reply.headers['set-cookie']).toBeUndefined()
      expect(reply.headers['cache-control']).toContain('no-store')
      expect('payment-required' in reply.headers).toBe(status === 402)
      expect(reply.text).not.toMatch(/\n\s+at |node_modules|file:\/\//)
      expect(await everything()).toBe(before)
      expect(shop.issuer.calls).toEqual([])
    })

    test('and the right one that all were made from still buys', async () => {
      const reply = await rawRequest(shop.url, valid)
      expect(reply.status).toBe(200)
      const [paid, ...more] = await sandbox.transfers({ from: buyer.address })
      expect(more).toEqual([])
      expect(paid?.value).toBe(priceOf.basic)
      expect(await checkBooks(shop)).toEqual([])
    })
  },
)

test('there are more than a hundred of them', () => {
  expect(badInputs.length).toBeGreaterThan(100)
})
