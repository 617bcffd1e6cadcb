import type { DeliveredResource } from '@key0/core'

/** A response that was bought, in JSON; its body stands apart. */
export type ResourceResponse = {
  readonly type: 'ResourceResponse'
  readonly challengeId: string
  readonly requestId: string
  readonly routeId: string
  readonly txHash: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** The same for every repeat, and over every surface that writes a response into JSON. */
export function toResourceResponse(delivered: DeliveredResource): ResourceResponse {
  const { challenge, response, txHash } = delivered
  const { challengeId, requestId, planId: routeId } = challenge
  return {
    ...{ type: 'ResourceResponse', challengeId, requestId, routeId, txHash },
    status: response.status,
    headers: Object.fromEntries(new Headers(response.headers as [string, string][])),
  }
}

/** A stored body as text; `undefined` for bytes that are none. */
export function textOfBody(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
