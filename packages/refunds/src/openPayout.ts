import {
  createPayout,
  createSender,
  createTransferPayout,
  type TransactionSigner,
} from '@key0/chain-evm'
import { Key0Error, type Payout } from '@key0/core'
import type { RefundsOptions } from './createRefunds.ts'

type Options = Pick<RefundsOptions, 'chain' | 'walletPrivateKey' | 'gasWalletPrivateKey' | 'lock'>

/**
 * How the chain's token goes back: by authorizations that any wallet carries, or, where its row says
 * `transfer`, by transfers that the receiving wallets send themselves.
 *
 * @throws CONFIG_INVALID for a malformed key, or for one that cannot be used with this token
 */
export function openPayout(options: Options): Payout {
  const { chain } = options
  const keys = [options.walletPrivateKey].flat()
  const gasKeys = [options.gasWalletPrivateKey ?? []].flat()
  const lock = options.lock && { lock: options.lock }
  if (chain.token.transferMethod === 'eip3009') {
    const carriers = gasKeys.map((privateKey) => createSender({ chain, privateKey, ...lock }))
    return createPayout({ chain, keys, carriers, ...lock })
  }
  if (gasKeys.length > 0)
    refuse('gasWalletPrivateKey', 'none: each wallet sends its own refunds and pays for their gas')
  const signers = keys.map((key) => {
    if (typeof key === 'object' && !('signTransaction' in key))
      return refuse('walletPrivateKey', 'keys, or signers that sign transactions too')
    return key as typeof key & TransactionSigner
  })
  return createTransferPayout({ chain, keys: signers, ...lock })
}

function refuse(field: string, expected: string): never {
  throw new Key0Error('CONFIG_INVALID', { facts: { field, expected } })
}
