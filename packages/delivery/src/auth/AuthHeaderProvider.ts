/**
 * Gives the headers that prove to the seller's backend who is calling. It is asked before every
 * attempt, so a short-lived credential is fresh each time. It must not name `Idempotency-Key`,
 * `Content-*`, `Host` or a header of the connection.
 */
export type AuthHeaderProvider = () => Promise<Record<string, string>> | Record<string, string>
