import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installLegacyFetch } from '../clients/legacyFetch.ts'
import { type Bought, type PublicClient, publicClients } from '../clients/publicClients.ts'
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
    market = await startMarket(store, clients.map(nameOf))
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
      const { method, headers, body, reply } = market.wire.lastPaid()
      const lost = JSON.parse(reply.text) as Bought['body']
      expect(lost.type).toBe('AccessGrant')

      const { host: _, connection: __, 'content-length': ___, ...sent } = headers
      const again = await fetch(asked.url, { method, headers: sent, body })
      expect([again.status, await again.json()]).toEqual([200, lost])

      const anew = await buy(asked)
      expect([anew.status, anew.body]).toEqual([200, lost])
      expect(market.wire.lastPaid().headers).not.toEqual(headers)
      expect((await spent()) - before).toBe(price)
    })
  })
})
