import {
  type Address,
  type Authorization,
  type Hash,
  type Hex,
  invariant,
  type SignedAuthorization,
} from '@key0/core'
import { encodeFunctionData, hashTypedData } from 'viem'
import type { TokenRow } from '../chains/ChainRow.ts'
import { tokenAbi } from './tokenAbi.ts'

/** The EIP-712 message of an authorization, as `signTypedData` takes it. */
export type AuthorizationTypedData = {
  readonly domain: {
    readonly name: string
    readonly version: string
    readonly chainId: number
    readonly verifyingContract: Address
  }
  readonly types: {
    readonly TransferWithAuthorization: readonly { readonly name: string; readonly type: string }[]
  }
  readonly primaryType: 'TransferWithAuthorization'
  readonly message: Authorization
}

/** What a payer of EIP-3009 signs. */
export function toTypedData(
  chainId: number,
  token: TokenRow,
  authorization: Authorization,
): AuthorizationTypedData {
  const { from, to, value, validAfter, validBefore, nonce } = authorization
  invariant(token.transferMethod === 'eip3009', 'only a token that knows authorizations is asked')
  return {
    domain: { ...token.domain, chainId, verifyingContract: token.address },
    types: {
      TransferWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'TransferWithAuthorization',
    message: { from, to, value, validAfter, validBefore, nonce },
  }
}

/** The digest that an authorization's signature is over. */
export function hashAuthorization(
  chainId: number,
  token: TokenRow,
  authorization: Authorization,
): Hash {
  return hashTypedData(
    toTypedData(chainId, token, authorization) as unknown as Parameters<typeof hashTypedData>[0],
  )
}

/** The call that executes an authorization: the `bytes` overload, which serves contracts too. */
export function encodeTransfer(authorization: SignedAuthorization): Hex {
  const { from, to, value, validAfter, validBefore, nonce, signature } = authorization
  return encodeFunctionData({
    abi: tokenAbi,
    functionName: 'transferWithAuthorization',
    args: [from, to, value, validAfter, validBefore, nonce, signature],
  })
}
