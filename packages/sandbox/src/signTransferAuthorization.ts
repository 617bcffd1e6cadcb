import { randomBytes } from 'node:crypto'
import { type Address, bytesToHex, type Hex, parseSignature } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Usdc } from './usdc/Usdc.ts'

/** What an EIP-3009 authorization says. Amounts are atomic units, instants Unix seconds. */
export type TransferAuthorization = {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  /** 32 bytes, unique for each payer. */
  readonly nonce: Hex
}

/** An authorization with its payer's signature, whole (65 bytes) and in its three parts. */
export type SignedTransferAuthorization = {
  readonly authorization: TransferAuthorization
  readonly signature: Hex
  readonly v: 27 | 28
  readonly r: Hex
  readonly s: Hex
}

export type SignTransferAuthorizationOptions = {
  /** The payer's key. */
  readonly privateKey: Hex
  readonly to: Address
  /** Atomic units. */
  readonly value: bigint
  /** Unix seconds; the authorization holds after it. Default 0. */
  readonly validAfter?: bigint
  /** Unix seconds; the authorization holds before it. */
  readonly validBefore: bigint
  /** Default: random. */
  readonly nonce?: Hex
  /** The payer; another than the key's address makes a forgery. Default: the key's address. */
  readonly from?: Address
  readonly domain: Usdc['domain']
}

/**
 * Signs what a buyer signs to pay: the EIP-712 message `TransferWithAuthorization` of EIP-3009.
 * Nothing is sent, and no chain is asked.
 */
export async function signTransferAuthorization(
  options: SignTransferAuthorizationOptions,
): Promise<SignedTransferAuthorization> {
  const account = privateKeyToAccount(options.privateKey)
  const authorization: TransferAuthorization = {
    from: options.from ?? account.address,
    to: options.to,
    value: options.value,
    validAfter: options.validAfter ?? 0n,
    validBefore: options.validBefore,
    nonce: options.nonce ?? bytesToHex(randomBytes(32)),
  }
  const signature = await account.signTypedData({
    domain: options.domain,
    types: transferWithAuthorizationTypes,
    primaryType: 'TransferWithAuthorization',
    message: authorization,
  })
  const { r, s, yParity } = parseSignature(signature)
  return { authorization, signature, v: yParity === 0 ? 27 : 28, r, s }
}

const transferWithAuthorizationTypes = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const
