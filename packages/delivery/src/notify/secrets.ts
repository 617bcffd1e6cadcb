import { Buffer } from 'node:buffer'
import { misconfigured } from '../configuration.ts'

const PREFIX = 'whsec_'
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** What a secret must look like, for messages. */
export const webhookSecretText: string =
  'one secret, or two while they are rotated, each whsec_ and 24 to 64 random bytes in base64, ' +
  'as `echo whsec_$(openssl rand -base64 32)` makes it'

/** One secret, or two while they are rotated: the new one first. */
export type WebhookSecrets = string | readonly string[]

/**
 * The keys that secrets hold.
 *
 * @throws CONFIG_INVALID naming `secret`, never repeating it
 */
export function parseSecrets(secrets: WebhookSecrets): readonly Buffer[] {
  const keys = toKeys(secrets)
  if (!keys) throw misconfigured('secret', webhookSecretText)
  return keys
}

/** Whether they can be: one or two, different, and long enough. */
export function isWebhookSecret(secrets: WebhookSecrets): boolean {
  return toKeys(secrets) !== undefined
}

function toKeys(secrets: WebhookSecrets): readonly Buffer[] | undefined {
  const given = typeof secrets === 'string' ? [secrets] : secrets
  const keys = given.map(toKey).filter((key) => key !== undefined)
  const isFit = given.length >= 1 && given.length <= 2 && new Set(given).size === given.length
  return isFit && keys.length === given.length ? keys : undefined
}

function toKey(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX) || !BASE64.test(secret.slice(PREFIX.length))) return undefined
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  return key.length >= 24 && key.length <= 64 ? key : undefined
}
