import { Key0Error } from '@key0/core'

/** Says that a body was read before and nothing was left to read it from again. */
export function refuseGoneBody(): never {
  throw new Key0Error('RAW_BODY_MISSING')
}
