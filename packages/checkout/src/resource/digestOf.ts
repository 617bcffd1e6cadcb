import type { Hash } from '@key0/core'

/** The SHA-256 of a body, as a payment is bound to it. */
export async function digestOf(body: Uint8Array): Promise<Hash> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body.slice()))
  return `0x${[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
