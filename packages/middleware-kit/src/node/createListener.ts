import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { HttpHandler, Incoming } from '@key0/http'
import { provideBody } from './provideBody.ts'

/** A request of Node's, as a framework hands it on. */
export type NodeRequest = IncomingMessage & {
  /** What a body parser made of the body, if one ran. */
  readonly body?: unknown
  /** Who asks, where a framework knows it better than the connection, as behind a proxy. */
  readonly ip?: string | undefined
  /** The body's bytes as they came; `keepRawBody` puts them here. */
  rawBody?: unknown
}

/** Answers requests of Node's with a handler from Request to Response. */
export type NodeListener = {
  /** Whether a request is the handler's to answer; a framework passes on all others. */
  readonly matches: (request: NodeRequest) => boolean
  readonly answer: (request: NodeRequest, response: ServerResponse) => Promise<void>
}

/**
 * Connects a handler to Node's requests and responses. A body that nobody has read yet is read by
 * the handler itself; one that a parser has read is handed on (see `provideBody`).
 */
export function createListener(handler: HttpHandler): NodeListener {
  const receive = (request: Request, { incoming }: { readonly incoming: NodeRequest }) =>
    handler.receive({ request, ...callerOf(incoming) })
  const listener = getRequestListener((request, env) => receive(request, env as never), {
    overrideGlobalObjects: false,
  })
  return {
    matches: ({ url = '/' }) => handler.matches({ url: toUrl(url) }),
    async answer(request, response) {
      provideBody(request)
      await listener(request, response)
    },
  }
}

/** Who asks, as far as a framework or the connection knows. */
export function callerOf({ ip, socket }: NodeRequest): Pick<Incoming, 'caller'> {
  const caller = ip ?? socket.remoteAddress
  return caller === undefined ? {} : { caller }
}

/** Only the path and query of a target matter: every address we emit has the seller's own host. */
function toUrl(target: string): string {
  if (target.startsWith('/')) return `http://key0.invalid${target}`
  return URL.canParse(target) ? target : 'http://key0.invalid/*'
}
