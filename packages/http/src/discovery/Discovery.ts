/** The documents that tell agents what is for sale. Each is served unless it is switched off. */
export type DiscoveryOptions = {
  /** `/discover`, everything as JSON. */
  readonly discover?: boolean
  /** `/llms.txt`, for whoever reads before they buy. */
  readonly llms?: boolean
  /** `/skills.md`, for an agent that is to do the buying. */
  readonly skills?: boolean
  /** `/.well-known/x402`, for indexes such as x402scan. */
  readonly wellKnown?: boolean
  /** `/openapi.json`, for whoever makes clients out of it. */
  readonly openapi?: boolean
  /** `/.well-known/token-info`; not served without it. */
  readonly tokenInfo?: TokenInfo
  /** The same goods at other addresses, such as an MCP server's; named in the documents. */
  readonly surfaces?: readonly Surface[]
}

/** Another way to the same goods. All of it is our own fixed text. */
export type Surface = {
  readonly name: string
  readonly url: string
  readonly description: string
}

/** What a seller's backend has to know to accept what its buyers were given. No key is in it. */
export type TokenInfo = {
  /** `native`: the gateway signs tokens. `remote`: the seller's backend made them itself. */
  readonly mode: 'native' | 'remote'
  /** `jwt` can be checked by anybody with the key; what is `opaque` only its maker understands. */
  readonly format: 'jwt' | 'opaque'
  readonly tokenType: string
  readonly algorithm?: 'HS256' | 'RS256' | 'ES256'
  readonly keyId?: string
  /** Where the public keys are (RFC 7517), for a key pair. */
  readonly jwksUrl?: string
  readonly issuer?: string
  readonly audience?: string
  readonly ttlSeconds?: number
  readonly maxLength?: number
  /** Every claim a token carries, and what it says. */
  readonly claims?: Readonly<Record<string, string>>
}

/** Where each document is. A path that only looks like one of them is not one. */
export const documentPaths = {
  discover: '/discover',
  llms: '/llms.txt',
  skills: '/skills.md',
  wellKnown: '/.well-known/x402',
  openapi: '/openapi.json',
  tokenInfo: '/.well-known/token-info',
} as const

export type DocumentName = keyof typeof documentPaths

/** Which documents are served. */
export function isServed(name: DocumentName, options: DiscoveryOptions): boolean {
  return name === 'tokenInfo' ? options.tokenInfo !== undefined : options[name] !== false
}
