import type { Authorization, SignedAuthorization } from '../challenge/Authorization.ts'
import type { Address, Hash, Hex } from '../challenge/hex.ts'

/** 32 bytes that differ whenever the text does, for tests only: FNV-1a under eight seeds. */
export function fakeHash(text: string): Hash {
  let hash = ''
  for (let word = 0; word < 8; word += 1) {
    let sum = 0x811c9dc5 ^ (word * 0x9e3779b1)
    for (let at = 0; at < text.length; at += 1) {
      sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
      sum ^= sum >>> 15
    }
    hash += (sum >>> 0).toString(16).padStart(8, '0')
  }
  return `0x${hash}`
}

/** An account that is its name's alone. */
export function fakeAddress(name: string): Address {
  return `0x${fakeHash(`account:${name}`).slice(26)}`
}

/** The one signature that the fake chain takes for this message of this account. */
export function fakeSignature(signer: Address, message: string): Hex {
  const of = `${signer.toLowerCase()}:${message}`
  return `0x${fakeHash(`r:${of}`).slice(2)}${fakeHash(`s:${of}`).slice(2)}1b`
}

/** What `fakeSignature` signs for an authorization: every field of it. */
export function authorizationMessage(token: Address, authorization: Authorization): string {
  const { from, to, value, validAfter, validBefore, nonce } = authorization
  return ['authorization', token, from, to, value, validAfter, validBefore, nonce]
    .join('|')
    .toLowerCase()
}

/** Signs an authorization as its payer. */
export function signAuthorization(
  token: Address,
  authorization: Authorization,
): SignedAuthorization {
  const { from } = authorization
  return {
    ...authorization,
    signature: fakeSignature(from, authorizationMessage(token, authorization)),
  }
}
