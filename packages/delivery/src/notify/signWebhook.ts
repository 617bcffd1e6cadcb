import type { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'

export type WebhookHeaders = {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/**
 * The headers of Standard Webhooks (standardwebhooks.com, "Webhook Headers"): one signature for
 * every active key, so that a receiver that knows either of two accepts the message.
 *
 * @param id without full stops, which end it in the text that is signed
 */
export function signWebhook(
  keys: readonly Buffer[],
  { id, atMs, body }: { readonly id: string; readonly atMs: number; readonly body: string },
): WebhookHeaders {
  const timestamp = `${Math.floor(atMs / 1000)}`
  const signatures = keys.map((key) => `v1,${hmac(key, `${id}.${timestamp}.${body}`)}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}

export function hmac(key: Buffer, text: string | Uint8Array): string {
  return createHmac('sha256', key).update(text).digest('base64')
}
