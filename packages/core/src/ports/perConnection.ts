const names: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'alt-svc'],
])

/**
 * Tells which headers of a message belong to the one connection it came over, and are never passed
 * on (RFC 9110 section 7.6.1): the known ones, and those that its own `Connection` names.
 *
 * @returns whether a header, by its name in lower case, is one of them
 */
export function perConnection(headers: Pick<Headers, 'get'>): (name: string) => boolean {
  const named = headers.get('connection')
  if (named === null) return (name) => names.has(name)
  const more = new Set(named.split(',').map((name) => name.trim().toLowerCase()))
  return (name) => names.has(name) || more.has(name)
}
