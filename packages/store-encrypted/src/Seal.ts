import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { Key0Error } from '@key0/core'

/** Turns text into text that only a holder of the key can read, and back. */
export type Seal = {
  /** @param place What the text is and whose: it opens nowhere else. */
  readonly close: (text: string, place: string) => string
  /** Text that was never sealed is given back as it is. @throws STORE_UNAVAILABLE */
  readonly open: (text: string, place: string) => string
}

/** Begins every sealed text; an access token or a body in base64 never does. */
const MARK = 'key0.enc.v1:'
const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

const isSealed = (text: string): boolean => text.startsWith(MARK)

/**
 * AES-256-GCM (NIST SP 800-38D) with a random 96-bit IV and the place as additional data, written
 * `key0.enc.v1:<id of the key>:<IV, tag and ciphertext in base64url>`.
 *
 * @param keys 32 bytes each. The first closes; all of them open.
 */
export function createSeal(keys: readonly Uint8Array[]): Seal {
  const byId = new Map(keys.map((key) => [idOf(key), key]))
  const [[currentId, current] = []] = byId
  if (currentId === undefined || current === undefined)
    throw new Key0Error('CONFIG_INVALID', { facts: { keys: 'at least one key of 32 bytes' } })
  return {
    close(text, place) {
      // Left sealed by who could not open it, and written back as it was.
      if (isSealed(text)) return text
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, current, iv)
      cipher.setAAD(Buffer.from(place))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      const whole = Buffer.concat([iv, cipher.getAuthTag(), sealed])
      return `${MARK}${currentId}:${whole.toString('base64url')}`
    },
    open(text, place) {
      if (!isSealed(text)) return text
      const [id = '', content = ''] = text.slice(MARK.length).split(':')
      const key = byId.get(id)
      if (!key) throw unreadable(place, `it is sealed with the key ${id}, which is not configured`)
      try {
        return openWith(key, Buffer.from(content, 'base64url'), place)
      } catch (cause) {
        throw unreadable(place, 'it was changed, or belongs to another record', cause)
      }
    },
  }
}

function openWith(key: Uint8Array, whole: Buffer, place: string): string {
  const decipher = createDecipheriv(CIPHER, key, whole.subarray(0, IV_BYTES))
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(whole.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  const text = decipher.update(whole.subarray(IV_BYTES + TAG_BYTES))
  return Buffer.concat([text, decipher.final()]).toString('utf8')
}

/** Says which key it was without giving it away. */
function idOf(key: Uint8Array): string {
  return createHash('sha256').update('key0 encryption key').update(key).digest('hex').slice(0, 8)
}

function unreadable(place: string, reason: string, cause?: unknown): Key0Error {
  const [field = ''] = place.split(' ')
  return new Key0Error('STORE_UNAVAILABLE', { facts: { field, reason }, cause })
}
