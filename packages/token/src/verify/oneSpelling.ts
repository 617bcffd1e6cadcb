/** The order of the curve P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3). */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const half = order / 2n
const scalarBytes = 32

/**
 * ECDSA lets anybody turn a signature `(r, s)` into a second valid one, `(r, -s)`. Ours always have
 * the lower `s`, so that a token keeps one spelling and lists of revoked tokens may go by text.
 *
 * @param token A compact JWS signed with ES256.
 */
export function toLowS(token: string): string {
  const at = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(at), 'base64url')
  const s = readS(signature)
  if (s <= half) return token
  const lower = (order - s).toString(16).padStart(2 * scalarBytes, '0')
  const whole = Buffer.concat([signature.subarray(0, scalarBytes), Buffer.from(lower, 'hex')])
  return `${token.slice(0, at)}${whole.toString('base64url')}`
}

/** Whether the signature of a compact JWS is the spelling we write. */
export function isLowS(token: string): boolean {
  return readS(Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')) <= half
}

function readS(signature: Buffer): bigint {
  return BigInt(`0x0${signature.subarray(scalarBytes).toString('hex')}`)
}
