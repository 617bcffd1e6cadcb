import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Whether an `Authorization` header carries the token. Digests are compared, in constant time, so
 * that an answer's delay tells nothing of the token, its length included.
 */
export function createTokenCheck(token: string): (header: string | undefined) => boolean {
  const expected = digest(token)
  return (header) => {
    const [, given = ''] = /^Bearer +([\x21-\x7e]{1,1024})$/i.exec(header ?? '') ?? []
    return timingSafeEqual(digest(given), expected)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
