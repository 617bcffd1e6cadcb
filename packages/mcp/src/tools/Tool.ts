import type { CallToolResult, Tool as ToolListing } from '@modelcontextprotocol/sdk/types.js'

/** A call of a tool, its parts read as far as every tool reads them. */
export type Call = {
  readonly args: Readonly<Record<string, unknown>>
  readonly meta: Readonly<Record<string, unknown>>
  /** Of the HTTP request that carried it. */
  readonly headers: Headers
}

/** What `tools/list` says of a tool, and what it does. */
export type Tool = {
  readonly listing: ToolListing
  /** Fails with a `Key0Error`, or answers. */
  readonly answer: (call: Call) => Promise<CallToolResult>
}
