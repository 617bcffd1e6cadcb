import {
  decodePaymentRequired,
  decodeSettlementResponse,
  decodeV1SettlementResponse,
  headerNames,
} from '@key0/x402'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { readPart } from '../http/readPart.ts'
import { writeResult } from './writeResult.ts'

type Meta = Readonly<Record<string, unknown>>

/** Writes an HTTP answer as a tool's: the same offer, the same refusal, or what was bought. */
export async function writeResponse(response: Response, uri: string): Promise<CallToolResult> {
  const { status, headers } = response
  const _meta = readSettlement(headers)
  const offer = headers.get(headerNames.paymentRequired)
  if (status === 402 && offer !== null) {
    const { paymentRequired: _, status: __, ...told } = await readJson(response)
    // The body speaks version 1 as well; what the header says comes last.
    const asked = { ...told, ...decodePaymentRequired(offer) }
    return { ...writeResult(asked), isError: true, _meta: { 'x402/error': asked, ..._meta } }
  }
  if (status >= 200 && status <= 299) return writeContent(response, uri, _meta)
  const { status: _, ...told } = await readJson(response)
  const seconds = Number(headers.get('retry-after') ?? 0)
  const later = seconds > 0 && { retryAfterSeconds: seconds }
  return { ...writeResult({ ...told, ...later }), isError: true, _meta }
}

function readSettlement(headers: Headers): Meta {
  const [v2, v1] = [
    headers.get(headerNames.paymentResponse),
    headers.get(headerNames.v1PaymentResponse),
  ]
  return {
    ...(v2 !== null && { 'x402/payment-response': decodeSettlementResponse(v2) }),
    ...(v1 !== null && { 'x402.payment-response': decodeV1SettlementResponse(v1) }),
  }
}

/** Our own refusals are objects; of anything else there is nothing to tell. */
async function readJson(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const told: unknown = await response.json().catch(() => undefined)
  return typeof told === 'object' && told !== null ? { ...told } : {}
}

/** What was bought, in the kind of content that MCP has for it. */
async function writeContent(response: Response, uri: string, meta: Meta): Promise<CallToolResult> {
  const { bytes, isWhole } = await readPart(response)
  const mimeType = response.headers.get('content-type') ?? 'application/octet-stream'
  const [kind = ''] = mimeType.toLowerCase().split(';')
  const _meta = { ...meta, ...(!isWhole && { 'key0/truncated': true }) }
  if (/^application\/(.+\+)?json$/.test(kind) || kind.startsWith('text/')) {
    const text = new TextDecoder().decode(bytes)
    const content: CallToolResult['content'] = [{ type: 'text', text }]
    const data = kind.startsWith('text/') || !isWhole ? undefined : parse(text)
    return { content, ...(data && { structuredContent: data }), _meta }
  }
  const data = Buffer.from(bytes).toString('base64')
  if (kind.startsWith('image/')) return { content: [{ type: 'image', data, mimeType }], _meta }
  return { content: [{ type: 'resource', resource: { uri, mimeType, blob: data } }], _meta }
}

/** Only an object may stand in `structuredContent`. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? { ...value } : undefined
  } catch {
    return undefined
  }
}
