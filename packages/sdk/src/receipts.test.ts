import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createReceiptSigner, verifyReceipt } from '@key0/chain-evm'
import { createA2aAgent, createHttpAgent, type Sandbox, startSandbox } from '@key0/sandbox'
import { createMcpAgent } from '@key0/sandbox/mcp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sellerConfig } from '../test/sellerConfig.ts'
import { createKey0 } from './createKey0.ts'
import type { Key0 } from './Key0.ts'

const signer = createReceiptSigner({ privateKey: `0x${'5e'.repeat(32)}` })

let chain: Sandbox
let key0: Key0
let server: Server
let url: string

beforeAll(async () => {
  chain = await startSandbox()
  server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', headers } = incoming
    const chunks = await incoming.toArray()
    const request = new Request(`${url}${incoming.url}`, {
      method,
      headers: new Headers(headers as Record<string, string>),
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    })
    const response = await key0.handler(request)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const more = { agentUrl: url, mcp: true, receipts: { signer } }
  key0 = await createKey0(sellerConfig(chain, more))
})
afterAll(async () => {
  key0.close()
  server.closeAllConnections()
  server.close()
  await chain.stop()
})

test('over HTTP, A2A and MCP alike a buyer is given a receipt of the transfer on the chain', async () => {
  const { buyer, seller } = chain.wallets
  const purse = { wallet: buyer, maxAmount: 500_000n }
  await using mcp = await createMcpAgent({ url: `${url}/mcp`, ...purse })
  const goods = { planId: 'report' }
  for (const buy of [
    () => createHttpAgent({ url, ...purse }).buy('/x402/access', goods),
    () => createA2aAgent({ url, ...purse }).buy(goods),
    () => mcp.buy('request_access', goods),
  ]) {
    const { settlement } = await buy()
    const { receipt } = (settlement as Told).extensions['offer-receipt'].info
    const verdict = await verifyReceipt(receipt, { signer: signer.address })
    const [transfer] = (await chain.transfers({ from: buyer.address, to: seller.address })).slice(
      -1,
    )
    expect(verdict).toMatchObject({
      kind: 'genuine',
      payload: {
        payer: buyer.address,
        transaction: transfer?.transactionHash,
        network: 'eip155:84532',
      },
    })
    expect(settlement).toMatchObject({ transaction: transfer?.transactionHash })
  }
})

type Told = {
  readonly extensions: {
    readonly 'offer-receipt': { readonly info: { readonly receipt: unknown } }
  }
}
