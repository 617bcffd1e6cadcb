/**
 * The x402 payments extension of A2A, under both names that its clients know. The messages are the
 * same; version 0.2 adds a flow inside AP2 mandates, which is not spoken here.
 */
export const x402Extensions = {
  v01: 'https://github.com/google-a2a/a2a-x402/v0.1',
  v02: 'https://github.com/google-agentic-commerce/a2a-x402/blob/main/spec/v0.2',
} as const

const known: readonly string[] = Object.values(x402Extensions)

/** The header as A2A 1.0 names it, and as 0.3 did. Both are read; the one that came is answered. */
const headerNames = ['a2a-extensions', 'x-a2a-extensions'] as const

/** Whether a request speaks of extensions at all, in either header. */
export function hasExtensionHeader(headers: Headers): boolean {
  return headerNames.some((name) => headers.has(name))
}

/** Those of our extensions that are in a list of URIs. */
export function ourExtensions(uris: readonly string[]): readonly string[] {
  return known.filter((uri) => uris.includes(uri))
}

/** Our extensions that a request activates. */
export function activatedBy(headers: Headers): readonly string[] {
  return ourExtensions(headerNames.flatMap((name) => readList(headers.get(name))))
}

/** Tells a client which extensions its request activated, in the headers it asked with. */
export function extensionHeaders(headers: Headers): Readonly<Record<string, string>> {
  const answered = headerNames
    .map((name) => [name, ourExtensions(readList(headers.get(name))).join(', ')] as const)
    .filter(([, uris]) => uris !== '')
  return Object.fromEntries(answered)
}

function readList(value: string | null): readonly string[] {
  return (value ?? '').split(',').map((uri) => uri.trim())
}
