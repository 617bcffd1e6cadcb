import { createSender, type EvmChain, probeSigner } from '@key0/chain-evm'
import type { Hex } from '@key0/core'

/**
 * Checks before the first refund that the token will accept the receiving wallets' signatures: a
 * wallet with code (a contract, or a delegation by EIP-7702) signs by its code instead of its key.
 * That the token has its authorization functions is found when the chain is connected.
 *
 * @throws CONFIG_INVALID for a malformed key, SIGNER_MISMATCH, CHAIN_UNREACHABLE
 */
export async function probeRefunds(options: {
  readonly chain: EvmChain
  readonly walletPrivateKeys: readonly Hex[]
}): Promise<void> {
  const { chain, walletPrivateKeys } = options
  for (const privateKey of walletPrivateKeys) {
    const { address: payee } = createSender({ chain, privateKey })
    await probeSigner({ chain, privateKey, payee })
  }
}
