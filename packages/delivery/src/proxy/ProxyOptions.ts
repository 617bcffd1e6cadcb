/** Where requests for routes are answered. */
export type ProxyOptions = {
  /** The only server that is ever asked, such as `http://api.internal:8080/v1`. */
  readonly baseUrl: string | URL
  /** Sent with every request, whatever its client sends under these names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `x-key0-internal-token`, so that the server can tell us from anybody else. */
  readonly proxySecret?: string
  /** Makes the path to ask for of the one that was matched; both begin with a slash. */
  readonly rewritePath?: (path: string) => string
  /** How long the server may take to begin an answer, and between two parts of it. Default 30 s. */
  readonly timeoutMs?: number
}
