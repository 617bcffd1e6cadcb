import { type Address, type Hex, Key0Error } from '@key0/core'
import { privateKeyToAccount } from 'viem/accounts'
import type { TransactionSigner } from '../sender/createSender.ts'

/**
 * Signs refunds for a wallet that was paid: a local key, a key service or a remote signer. A viem
 * account is one. What it throws keeps the refund where it is; a signature that the token does not
 * accept is found before anything is sent.
 */
export type PayeeSigner = {
  readonly address: Address
  /** An EIP-712 signature over EIP-3009's `TransferWithAuthorization`, 65 bytes. */
  readonly signTypedData: (typedData: PayeeTypedData) => Promise<Hex>
}

/** What is signed, as EIP-712 names its parts. */
export type PayeeTypedData = {
  readonly domain: Readonly<Record<string, unknown>>
  readonly types: Readonly<
    Record<string, readonly { readonly name: string; readonly type: string }[]>
  >
  readonly primaryType: 'TransferWithAuthorization'
  readonly message: Readonly<Record<string, unknown>>
}

/** A wallet of the ring; `sender` where it can pay for transactions too. */
export type RingMember = { readonly signer: PayeeSigner; readonly sender?: TransactionSigner }

/**
 * The wallets by address in lower case.
 *
 * @throws CONFIG_INVALID when there is none, or a key is none; never repeating it
 */
export function readRing(keys: readonly (Hex | PayeeSigner)[]): ReadonlyMap<string, RingMember> {
  const facts = { field: 'keys', expected: 'private keys: 0x and 64 hexadecimal digits' }
  if (keys.length === 0) throw new Key0Error('CONFIG_INVALID', { facts })
  const members = keys.map((key): RingMember => {
    if (typeof key === 'object') return { signer: key }
    try {
      const account = privateKeyToAccount(key)
      return { signer: account as unknown as PayeeSigner, sender: account as TransactionSigner }
    } catch {
      // The library's own words may repeat the key.
      throw new Key0Error('CONFIG_INVALID', { facts })
    }
  })
  return new Map(members.map((member) => [member.signer.address.toLowerCase(), member]))
}
