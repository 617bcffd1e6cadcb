import { type Address, type Hex, Key0Error, sameAddress } from '@key0/core'
import { privateKeyToAccount } from 'viem/accounts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readHasCode } from '../token/callToken.ts'

/**
 * Checks at boot that a key is the payee's own, and that the token will accept its signatures:
 * an account with code (a contract, or a delegation by EIP-7702) signs by its code instead.
 *
 * @throws CONFIG_INVALID (no key), SIGNER_MISMATCH with what was expected and found;
 * CHAIN_UNREACHABLE.
 */
export async function probeSigner(options: {
  readonly chain: EvmChain
  readonly privateKey: Hex
  readonly payee: Address
}): Promise<void> {
  const { chain, privateKey, payee } = options
  let found: Address
  try {
    found = privateKeyToAccount(privateKey).address
  } catch {
    const facts = { field: 'privateKey', expected: '0x and 64 hexadecimal digits' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  if (!sameAddress(found, payee)) {
    throw new Key0Error('SIGNER_MISMATCH', { facts: { expected: payee, found } })
  }
  const hasCode = await readHasCode(chain.rpc, payee).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  if (!hasCode) return
  const facts = { account: payee, reason: 'it has code, so the token ignores its key (EIP-7702)' }
  throw new Key0Error('SIGNER_MISMATCH', { facts })
}
