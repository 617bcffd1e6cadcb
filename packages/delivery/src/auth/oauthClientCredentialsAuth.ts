import {
  type AuthorizationServer,
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrantRequest,
  customFetch,
  processClientCredentialsResponse,
} from 'oauth4webapi'
import type { Fetch } from '../backend/postJson.ts'
import { misconfigured, parseBackendUrl, parseDuration } from '../configuration.ts'
import type { AuthHeaderProvider } from './AuthHeaderProvider.ts'

export type OAuthClientCredentialsOptions = {
  /** The authorization server's token endpoint; https, or http on this machine. */
  readonly tokenUrl: string | URL
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes?: readonly string[]
  /** Which API the token is for, where the server wants to be told. */
  readonly audience?: string
  /** How the client proves itself: a Basic header, as RFC 6749 prefers, or in the body. */
  readonly clientAuthentication?: 'basic' | 'body'
  /** For one request of a token. Default 5000. */
  readonly timeoutMs?: number
  readonly fetch?: Fetch
  /** Unix milliseconds. Default `Date.now`. */
  readonly nowMs?: () => number
}

/** A token is not used in its last seconds: it could expire on its way. */
const EARLY_MS = 10_000

/**
 * Sends `Authorization: Bearer <token>` with a token of the client credentials grant (RFC 6749
 * section 4.4). It is kept in memory and asked for anew 10 seconds before it ends; however many
 * calls need one at that moment, one request is made. A token without `expires_in` serves only
 * the calls that waited for it, and a failure is not kept.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option. The secret is never in the message.
 */
export function oauthClientCredentialsAuth(
  options: OAuthClientCredentialsOptions,
): AuthHeaderProvider {
  const { nowMs = Date.now } = options
  const request = createRequest(options)
  let kept: { readonly header: string; readonly untilMs: number } | undefined
  let underWay: Promise<string> | undefined

  const renew = async (): Promise<string> => {
    const askedAtMs = nowMs()
    const { access_token: token, expires_in: seconds } = await request()
    const header = `Bearer ${token}`
    // Counted from when it was asked for: its life began somewhere on the way.
    const untilMs = seconds === undefined ? 0 : askedAtMs + seconds * 1_000 - EARLY_MS
    kept = { header, untilMs }
    return header
  }
  return async () => {
    if (kept && nowMs() < kept.untilMs) return { authorization: kept.header }
    underWay ??= renew().finally(() => {
      underWay = undefined
    })
    return { authorization: await underWay }
  }
}

type TokenAnswer = { readonly access_token: string; readonly expires_in?: number }

function createRequest(options: OAuthClientCredentialsOptions): () => Promise<TokenAnswer> {
  const { clientId, clientSecret, scopes = [], audience, fetch = globalThis.fetch } = options
  const tokenUrl = parseTokenUrl(options.tokenUrl)
  const timeoutMs = parseDuration(options.timeoutMs ?? 5_000, 'timeoutMs')
  if (typeof clientId !== 'string' || clientId === '')
    throw misconfigured('clientId', 'the id of a client')
  if (typeof clientSecret !== 'string' || clientSecret === '')
    throw misconfigured('clientSecret', 'the secret of the client')
  if (!scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)))
    throw misconfigured('scopes', 'words without spaces (RFC 6749 section 3.3)')
  const server: AuthorizationServer = { issuer: tokenUrl.origin, token_endpoint: tokenUrl.href }
  const client = { client_id: clientId }
  const proof = proofOf(options.clientAuthentication)(clientSecret)
  const parameters = {
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(audience !== undefined && { audience }),
  }
  return async () => {
    const response = await clientCredentialsGrantRequest(server, client, proof, parameters, {
      signal: AbortSignal.timeout(timeoutMs),
      [allowInsecureRequests]: tokenUrl.protocol === 'http:',
      [customFetch]: async (url, init) => await fetch(new URL(url), init as RequestInit),
    })
    return await processClientCredentialsResponse(server, client, response)
  }
}

function proofOf(
  clientAuthentication: OAuthClientCredentialsOptions['clientAuthentication'] = 'basic',
): (secret: string) => ClientAuth {
  switch (clientAuthentication) {
    case 'basic':
      return ClientSecretBasic
    case 'body':
      return ClientSecretPost
    default:
      throw misconfigured('clientAuthentication', "'basic' or 'body'")
  }
}

/** A client's secret travels only where nobody can read it on the way. */
function parseTokenUrl(value: string | URL): URL {
  const url = parseBackendUrl(value, 'tokenUrl')
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url.protocol !== 'https:' && !loopback)
    throw misconfigured('tokenUrl', 'an https address (http for this machine only)')
  return url
}
