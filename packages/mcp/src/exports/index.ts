/*
 * Words used throughout, each with one meaning:
 *   handler    the function from Request to Response
 *   message    one JSON-RPC message, the body of a POST
 *   call       one call of a tool
 *   offer      what a tool's answer asks to be paid
 */
export { createMcpHandler, type McpHandler } from '../createMcpHandler.ts'
export type { McpEvent, McpHandlerOptions, RouteServer } from '../McpOptions.ts'
