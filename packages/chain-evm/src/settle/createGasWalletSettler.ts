import type { Hex, Settler } from '@key0/core'
import { carryAuthorization } from '../carry/carryAuthorization.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { createSender, type TransactionSigner } from '../sender/createSender.ts'
import type { Sender } from '../sender/Sender.ts'
import type { WalletLock } from '../sender/WalletLock.ts'

export type GasWalletOptions = {
  readonly chain: EvmChain
  /** The wallet that pays the gas. It needs the chain's native coin and never holds a payment. */
  readonly privateKey?: Hex
  readonly account?: TransactionSigner
  /** Needed when several processes use the wallet. */
  readonly lock?: WalletLock
}

/** A settler with the sender behind it, for its address and balance. */
export type GasWalletSettler = Settler & { readonly kind: 'gas-wallet'; readonly sender: Sender }

/**
 * Settles by sending the authorization to the chain ourselves, from our own gas wallet.
 *
 * @throws CONFIG_INVALID when the key is none.
 */
export function createGasWalletSettler(options: GasWalletOptions): GasWalletSettler {
  const { chain } = options
  const sender = createSender(options)
  return {
    kind: 'gas-wallet',
    sender,
    submit: async ({ authorization, previous }, journal) =>
      // `Chain.verify` has just simulated it; after a restart nobody has.
      await carryAuthorization(
        { chain, sender, authorization, previous, isSimulated: true },
        journal,
      ),
  }
}
