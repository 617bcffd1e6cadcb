import type { Address, Hex, SignedAuthorization } from '@key0/core'
import { sameAddress } from '@key0/core'
import { hashMessage, isAddress } from 'viem'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { askContract } from '../token/askContract.ts'
import { readSignature } from '../token/signature.ts'
import { hashAuthorization } from '../token/transferAuthorization.ts'
import type { Context } from './Context.ts'

/** EIP-191 by the account's key, or EIP-1271 by its contract. */
export async function isSignedBy(
  context: Context,
  address: Address,
  message: string,
  signature: Hex,
): Promise<boolean> {
  return await isSignature(context, address, hashMessage(message), signature)
}

/** The authorization's own signature, whatever became of the authorization. */
export async function isAuthorizedBy(
  context: Context,
  token: Address,
  authorization: SignedAuthorization,
): Promise<boolean> {
  if (!sameAddress(token, context.token.address)) return false
  if (context.token.transferMethod === 'transfer') return false
  let digest: Hex
  try {
    digest = hashAuthorization(context.row.id, context.token, authorization)
  } catch {
    // Fields that do not even encode were signed by nobody.
    return false
  }
  return await isSignature(context, authorization.from, digest, authorization.signature)
}

async function isSignature(
  { rpc }: Context,
  account: Address,
  digest: Hex,
  signature: Hex,
): Promise<boolean> {
  if (!isAddress(account, { strict: false })) return false
  const reading = await readSignature(account, digest, signature)
  if (reading.kind === 'key') return true
  // A high s made from a public signature proves nobody's presence.
  if (reading.kind !== 'other') return false
  try {
    return await askContract(rpc, account, digest, signature)
  } catch (error) {
    throw toChainUnreachable(error)
  }
}
