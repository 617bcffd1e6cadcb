import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { Implementation } from '@modelcontextprotocol/sdk/types.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import type { Dispatcher } from '../createDispatcher.ts'

export type Host = {
  readonly dispatch: Dispatcher
  readonly info: Implementation
  readonly instructions: string
}

/** Of no use to a server that asks its clients nothing; made once, because making it is dear. */
const jsonSchemaValidator = new AjvJsonSchemaValidator()

/**
 * Answers one message. Stateless: server and transport live for this one request, so any process
 * may answer the next one, and a client that goes away in the middle takes nothing with it.
 *
 * The SDK's own tool handlers are not used: they repeat what was sent in their errors.
 */
export async function exchange(request: Request, message: object, host: Host): Promise<Response> {
  const { info, instructions, dispatch } = host
  const server = new Server(info, {
    capabilities: { tools: {} },
    instructions,
    jsonSchemaValidator,
  })
  server.fallbackRequestHandler = async (rpc) => ({ ...(await dispatch(rpc, request.headers)) })
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport)
  try {
    return await transport.handleRequest(request, { parsedBody: message })
  } finally {
    await server.close()
  }
}
