import type { Address, Hash, Hex } from '@key0/core'
import { sameAddress } from '@key0/core'
import { concatHex, hexToBigInt, isHex, numberToHex, recoverAddress, size, slice } from 'viem'

/** What a signature is, judged without asking anybody. */
export type SignatureReading =
  /** The account's own key made it; `signature` is its canonical 65 bytes. */
  | { readonly kind: 'key'; readonly signature: Hex }
  /** The account's own key made it, but in the form that tokens refuse (high s). */
  | { readonly kind: 'malleable' }
  /** Not made by the account's key. If the account is a contract, only the contract can tell. */
  | { readonly kind: 'other' }
  /** Never acceptable: no bytes, too many, or wrapped for an account that does not exist yet. */
  | { readonly kind: 'refused'; readonly reason: string }

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const erc6492Suffix = '6492'.repeat(16)
const maxBytes = 4_096

/**
 * Reads a signature over `digest`. 65 bytes with v of 27, 28, 0 or 1, and the compact 64 bytes of
 * EIP-2098, are the same signature; the token reads only the first two forms of v, so what is
 * handed on is rewritten. Bytes that the key did not make are never rewritten: they may be a
 * contract's own format, in which v of 0 or 1 means something else.
 */
export async function readSignature(
  account: Address,
  digest: Hash,
  signature: Hex,
): Promise<SignatureReading> {
  if (!isHex(signature) || signature.length % 2 === 1) {
    return { kind: 'refused', reason: 'not hexadecimal bytes' }
  }
  if (size(signature) > maxBytes) return { kind: 'refused', reason: `over ${maxBytes} bytes` }
  if (signature.toLowerCase().endsWith(erc6492Suffix)) {
    return { kind: 'refused', reason: 'ERC-6492 (account not deployed yet)' }
  }
  const parts = split(signature)
  // Garbage costs one recovery as well, so that its answer takes no shorter time.
  const { r, s, yParity } = parts ?? placeholder
  const canonical = concatHex([r, s, yParity === 0 ? '0x1b' : '0x1c'])
  const signer = await recover(digest, canonical)
  if (!parts || !signer || !sameAddress(signer, account)) return { kind: 'other' }
  if (hexToBigInt(s) > order / 2n) return { kind: 'malleable' }
  return { kind: 'key', signature: canonical }
}

type Parts = { readonly r: Hex; readonly s: Hex; readonly yParity: 0 | 1 }

const one = numberToHex(1n, { size: 32 })
const placeholder: Parts = { r: one, s: one, yParity: 0 }

function split(signature: Hex): Parts | undefined {
  if (size(signature) === 65) {
    const v = hexToBigInt(slice(signature, 64))
    if (![0n, 1n, 27n, 28n].includes(v)) return undefined
    const yParity = v === 0n || v === 27n ? 0 : 1
    return { r: slice(signature, 0, 32), s: slice(signature, 32, 64), yParity }
  }
  if (size(signature) !== 64) return undefined
  const packed = hexToBigInt(slice(signature, 32))
  const top = 1n << 255n
  const s = numberToHex(packed & (top - 1n), { size: 32 })
  return { r: slice(signature, 0, 32), s, yParity: packed >= top ? 1 : 0 }
}

async function recover(digest: Hash, signature: Hex): Promise<Address | undefined> {
  try {
    return await recoverAddress({ hash: digest, signature })
  } catch {
    // r or s outside the curve's order: nobody's signature.
    return undefined
  }
}
