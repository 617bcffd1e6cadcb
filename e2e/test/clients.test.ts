import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installLegacyFetch } from '../clients/legacyFetch.ts'
import {
  type Bought,
  openNaming,
  type PublicClient,
  publicClients,
} from '../clients/publicClients.ts'
import { type Market, startMarket } from '../clients/startMarket.ts'
import { price, walletOf } from '../crash/gatewayEnv.ts'
import { decode } from '../src/createBuyer.ts'
import { stopServers } from '../src/servers.ts'

afterAll(stopServers)

// A folder for the legacy client, which is too large for every run: docs/evidence/clients.md.
const folder = process.env.KEY0_LEGACY_CLIENTS
const clients = [...publicClients, ...(folder ? [await installLegacyFetch(folder)] : [])]

const nameOf = ({ name }: PublicClient): string => `buyer-${name.replace(/[^a-z0-9]+/g, '-')}`
const receipts = { 1: 'x-payment-response', 2: 'payment-response' } as const
const networks = { 1: 'base-sepolia', 2: 'eip155:84532' } as const

describe.each(['redis', 'postgres'] as const)('the gateway, its store in %s', (store) => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket(store, ['buyer-naming', ...clients.map(nameOf)])
  })
  afterAll(() => market[Symbol.asyncDispose]())

  describe.each(clients)('sells to $name', (client) => {
    const open = (): ReturnType<PublicClient['open']> => {
      const { privateKey } = walletOf(market.chain, nameOf(client))
      market.wire.hide(client.x402Version === 1 ? 'payment-required' : undefined)
      return client.open(privateKey, market.chain.usdc.address)
    }
    const purchase = (requestId?: string) => ({
      ...{ url: `${market.wire.url}/x402/access`, method: 'POST' as const },
      json: { planId: 'report', ...(requestId !== undefined && { requestId }) },
    })
    const photo = (id: number) => ({
      ...{ url: `${market.wire.url}/photos/${id}?size=2`, method: 'GET' as const },
    })
    /** The last paid request, byte for byte. */
    const resend = async (url: string): Promise<Response> => {
      const { method, headers, body } = market.wire.lastPaid()
      const { host: _, connection: __, 'content-length': ___, ...sent } = headers
      return fetch(url, { method, headers: sent, ...(method === 'POST' && { body }) })
    }
    const spent = async (): Promise<bigint> => {
      const { address: from } = walletOf(market.chain, nameOf(client))
      const transfers = await market.chain.transfers({ from })
      return transfers.reduce((sum, { value }) => sum + value, 0n)
    }

    test('a plan, and says so in the version that was asked', async () => {
      const before = await spent()
      const bought = await open()(purchase())
      expect([bought.status, bought.body.type]).toEqual([200, 'AccessGrant'])
      const receipt = decode(bought.headers(receipts[client.x402Version]) ?? '')
      expect(receipt).toMatchObject({ success: true, network: networks[client.x402Version] })
      expect(receipt.transaction).toBe(bought.body.txHash)
      expect((await spent()) - before).toBe(price)
    })

    test('once: a lost answer comes back to the same request, and to a new signature', async () => {
      const before = await spent()
      const buy = open()
      const asked = purchase(randomUUID())
      market.wire.loseNextSale()
      await expect(buy(asked)).rejects.toThrow()
      const { headers, reply } = market.wire.lastPaid()
      const lost = JSON.parse(reply.text) as Bought['body']
      expect(lost.type).toBe('AccessGrant')

      const again = await resend(asked.url)
      expect([again.status, await again.json()]).toEqual([200, lost])

      const anew = await buy(asked)
      expect([anew.status, anew.body]).toEqual([200, lost])
      expect(market.wire.lastPaid().headers).not.toEqual(headers)
      expect((await spent()) - before).toBe(price)
    })

    test('a single request, whose lost answer is not made and not charged again', async () => {
      const before = await spent()
      const buy = open()
      const bought = await buy(photo(1))
      expect([bought.status, bought.body.photo]).toEqual([200, '/photos/1?size=2'])
      const receipt = decode(bought.headers(receipts[client.x402Version]) ?? '')
      expect(receipt).toMatchObject({ success: true, network: networks[client.x402Version] })

      market.wire.loseNextSale()
      await expect(buy(photo(2))).rejects.toThrow()
      const made = market.studio.made()
      const lost = market.wire.lastPaid().reply
      const again = await resend(photo(2).url)
      // A payment of version 1 does not say what it is for, and a GET has no room to say it.
      const kept = client.x402Version === 2 ? [200, lost.text] : [403, expect.any(String)]
      expect([again.status, await again.text()]).toEqual(kept)
      expect(market.studio.made()).toBe(made)
      expect((await spent()) - before).toBe(20_000n)
    })

    test('a single request that its buyer names in a header, once, however it is asked again', async () => {
      const before = await spent()
      const buy = open()
      const asked = { ...photo(3), headers: { 'idempotency-key': randomUUID() } }
      market.wire.loseNextSale()
      await expect(buy(asked)).rejects.toThrow()
      const { headers, reply: lost } = market.wire.lastPaid()
      const made = market.studio.made()

      const again = await resend(asked.url)
      expect([again.status, await again.text()]).toEqual([200, lost.text])

      const anew = await buy(asked)
      expect([anew.status, anew.body]).toEqual([200, JSON.parse(lost.text)])
      expect(market.wire.lastPaid().headers).not.toEqual(headers)
      expect(market.studio.made()).toBe(made)
      expect((await spent()) - before).toBe(10_000n)
    })
  })

  test('sells a request once to a buyer that names its purchase, however often it signs', async () => {
    const { privateKey, address } = walletOf(market.chain, 'buyer-naming')
    market.wire.hide(undefined)
    const id = `pay_${randomUUID().replaceAll('-', '')}`
    const asked = { url: `${market.wire.url}/photos/9`, method: 'GET' as const }
    const [first, second] = [
      await openNaming(privateKey, id)(asked),
      await openNaming(privateKey, id)(asked),
    ]
    expect([first.status, second.body]).toEqual([200, first.body])
    expect(await market.chain.transfers({ from: address })).toHaveLength(1)
    const other = await openNaming(privateKey, id)({ ...asked, url: `${asked.url}?size=2` })
    expect([other.status, other.body.code]).toEqual([409, 'REQUEST_CONFLICT'])
  })
})
