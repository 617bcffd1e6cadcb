import { corsHeaders } from '@key0/x402'
import type { Settings } from '../McpOptions.ts'
import type { Headers as HeaderRecord } from './respond.ts'

const allowHeaders = [
  'Accept',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Last-Event-ID',
  ...corsHeaders.allow,
].join(', ')

/**
 * The CORS headers for a request, or `undefined` for one that a strange page sent (MCP, transports,
 * "servers MUST validate the Origin header"). The page is compared with what is configured and
 * never with `Host`: who rebinds a name controls both.
 */
export function judgeOrigin(
  request: Request,
  { origins }: Pick<Settings, 'origins'>,
): HeaderRecord | undefined {
  const origin = request.headers.get('origin')
  if (origin === null) return {}
  if (!origins.has(origin)) return undefined
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Mcp-Session-Id',
  }
}

/** The answer to a preflight. It asks for nothing: a preflight can never pay. */
export function answerPreflight(methods: string, cors: HeaderRecord): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      allow: methods,
      'access-control-allow-methods': methods,
      'access-control-allow-headers': allowHeaders,
      'access-control-max-age': '86400',
    },
  })
}
