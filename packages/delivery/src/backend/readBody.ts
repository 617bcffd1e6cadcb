/** What was read of a body: its text, or why it is not text we take. */
export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Reads a body of at most `maxBytes`, counted after decompression, and stops reading beyond that.
 * Rejects when the connection breaks first.
 */
export async function readBody(response: Response, maxBytes: number): Promise<Body> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream, which closes the connection.
    if (size > maxBytes) return { kind: 'unreadable', reason: `an answer over ${maxBytes} bytes` }
    chunks.push(chunk)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return { kind: 'text', text }
  } catch {
    return { kind: 'unreadable', reason: 'an answer that is not UTF-8' }
  }
}
