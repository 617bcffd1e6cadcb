import type { Problem, Seller } from '@key0/checkout'

/** What is told of a problem, besides or instead of an offer; the members of HTTP's answers. */
export function problemMembers(
  { code, title, retry, facts }: Problem,
  { docsUrl }: Seller,
): Readonly<Record<string, unknown>> {
  return {
    ...(docsUrl !== undefined && { type: `${docsUrl}/${code}` }),
    title,
    code,
    retry,
    ...(retry === 'later' && { retryAfterSeconds }),
    facts,
  }
}

/** Seconds to wait before the same call is worth repeating. */
const retryAfterSeconds = 2
