import { createSender, type EvmChain, probeSigner } from '@key0/chain-evm'
import { type Address, type Hex, Key0Error, type Observe, sameAddress } from '@key0/core'

/**
 * Checks before the first refund that the token will accept the receiving wallets' signatures: a
 * wallet with code (a contract, or a delegation by EIP-7702) signs by its code instead of its key.
 * A retired wallet of that kind is an alert: its debts must not keep the one that sells from
 * starting. That the token has its authorization functions is found when the chain is connected.
 *
 * @throws CONFIG_INVALID for a malformed key, SIGNER_MISMATCH, CHAIN_UNREACHABLE
 */
export async function probeRefunds(options: {
  readonly chain: EvmChain
  readonly walletPrivateKeys: readonly Hex[]
  /** The wallet that sells now; default: each of them. */
  readonly payee?: Address
  readonly observe?: Observe
}): Promise<void> {
  const { chain, walletPrivateKeys, payee, observe } = options
  // A transfer is signed as a transaction, and those the key signs whatever code there is.
  if (chain.token.transferMethod === 'transfer') return
  for (const privateKey of walletPrivateKeys) {
    const { address } = createSender({ chain, privateKey })
    try {
      await probeSigner({ chain, privateKey, payee: address })
    } catch (cause) {
      const sells = payee === undefined || sameAddress(payee, address)
      if (sells || !Key0Error.is(cause, 'SIGNER_MISMATCH')) throw cause
      const what = `refunds of the retired wallet ${address} cannot be signed: it has code`
      observe?.({ name: 'alert', what, cause })
    }
  }
}
