import type { Checkout } from '@key0/checkout'
import { type Implementation, LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js'
import { paths } from '../Context.ts'
import type { Tool } from '../tools/Tool.ts'

/**
 * `/.well-known/mcp.json`: what a client learns before it connects. There is no standard yet; this
 * is the shape of the draft (SEP-1649), with x402 named as the way to pay.
 */
export function writeCard(
  { seller, baseUrl }: Checkout,
  info: Implementation,
  tools: readonly Tool[],
): string {
  return JSON.stringify({
    version: '1.0',
    protocolVersion: LATEST_PROTOCOL_VERSION,
    serverInfo: info,
    ...(seller.description !== undefined && { description: seller.description }),
    transport: { type: 'streamable-http', endpoint: paths.rpc, url: `${baseUrl}${paths.rpc}` },
    capabilities: { tools: {} },
    authentication: { required: false },
    payment: { x402Version: 2 },
    tools: tools.map(({ listing }) => listing),
  })
}
