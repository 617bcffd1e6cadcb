import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'

/**
 * A tool's result in both shapes that clients read: as data, and as the same data written out,
 * which is all that a language model gets to see.
 */
export function writeResult(data: object): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(data) }],
    structuredContent: { ...data },
  }
}
