/** What an offer says besides, by extension: `{ info, schema }` each (x402 v2 section 7). */
export type Extensions = Readonly<Record<string, unknown>>
