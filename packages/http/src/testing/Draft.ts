/** A request in the making, still easy to change. */
export type Draft = {
  readonly method: string
  /** With its query, if any. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** For the `PAYMENT-SIGNATURE` header: a message to encode, or the header's text as it is. */
  readonly payment?: unknown
}

/** The request that buys: everything in it is right. */
export function paidDraft(planId: string, payment: unknown): Draft {
  return {
    method: 'POST',
    path: '/x402/access',
    headers: [['content-type', 'application/json']],
    body: JSON.stringify({ planId }),
    payment,
  }
}

/** Turns a draft into a request, encoding nothing but its payment. */
export function toRequest(draft: Draft, origin: string): Request {
  const headers = new Headers()
  for (const [name, value] of draft.headers) headers.append(name, value)
  if (draft.payment !== undefined) headers.append('PAYMENT-SIGNATURE', toHeader(draft.payment))
  return new Request(`${origin}${draft.path}`, {
    method: draft.method,
    headers,
    ...(draft.body !== undefined && { body: draft.body }),
  })
}

/** A message as a header of this wire; text is taken to be one already. */
export function toHeader(message: unknown): string {
  if (typeof message === 'string') return message
  return bytesToBase64(new TextEncoder().encode(JSON.stringify(message)))
}

export function bytesToBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
