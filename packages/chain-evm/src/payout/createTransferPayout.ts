import { type Address, type Hex, Key0Error, type Payout, type PayoutObstacle } from '@key0/core'
import { carryTransfer, transferGas } from '../carry/carryTransfer.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { createSender, type TransactionSigner } from '../sender/createSender.ts'
import type { Sender } from '../sender/Sender.ts'
import type { WalletLock } from '../sender/WalletLock.ts'
import { checkToken } from './checkToken.ts'
import { findTokenObstacle } from './findObstacle.ts'
import { refundNonce } from './refundNonce.ts'

export type TransferPayoutOptions = {
  /** A chain whose token says `transfer`. */
  readonly chain: EvmChain
  /** The sellers' own wallets, by key or by what signs their transactions. They pay the gas. */
  readonly keys: readonly (Hex | TransactionSigner)[]
  /** When several processes send from these wallets: it saves time, and is not what makes it safe. */
  readonly lock?: WalletLock
}

/**
 * Pays refunds in a token without authorizations: each is a plain transfer of the payment's own
 * payee, signed once, persisted before it leaves, and named by its payment in its own transaction.
 *
 * It promises less than `createPayout`. The token does not refuse a second transfer; that there is
 * none hangs on the store remembering what was signed, until it is mined. A database that was rolled
 * back in between may sign the same refund again in another gas nonce, and both can land. One that
 * was rolled back later cannot: the chain shows the refund under its name.
 *
 * @throws CONFIG_INVALID when there is no key, one is none, or the token knows authorizations.
 */
export function createTransferPayout({ chain, keys, lock }: TransferPayoutOptions): Payout {
  if (chain.token.transferMethod !== 'transfer') {
    const expected = 'a token whose row says `transfer`: for others there is `createPayout`'
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'chain', expected } })
  }
  const lanes = openLanes(chain, keys, lock)
  const laneOf = (payee: Address): Sender | undefined => lanes.get(payee.toLowerCase())
  return {
    payees: [...lanes.values()].map(({ address }) => address),
    canSignFor: (payee) => lanes.has(payee.toLowerCase()),
    refundNonce,
    findObstacle: async (refund) => {
      checkToken(chain, refund.token)
      const obstacle = await findTokenObstacle(chain, refund)
      return obstacle ?? (await findGasObstacle(laneOf(refund.from)))
    },
    sign: async (token, { from }) => {
      checkToken(chain, token)
      // Its transaction is its signature: there is nothing that another wallet could carry.
      if (lanes.has(from.toLowerCase())) return '0x'
      const facts = { payee: from, reason: 'no key of this wallet' }
      throw new Key0Error('SIGNER_REFUSED', { facts })
    },
    carry: async ({ token, authorization, previous }, journal) => {
      checkToken(chain, token)
      const { from, to, value, nonce } = authorization
      const transfer = { to, value, nonce }
      return await carryTransfer({ chain, sender: laneOf(from), transfer, previous }, journal)
    },
  }
}

function openLanes(
  chain: EvmChain,
  keys: TransferPayoutOptions['keys'],
  lock: WalletLock | undefined,
): ReadonlyMap<string, Sender> {
  if (keys.length === 0) {
    const facts = { field: 'keys', expected: 'private keys: 0x and 64 hexadecimal digits' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  const senders = keys.map((key) => {
    const signer = typeof key === 'object' ? { account: key } : { privateKey: key }
    return createSender({ chain, ...signer, ...(lock && { lock }) })
  })
  return new Map(senders.map((sender) => [sender.address.toLowerCase(), sender]))
}

/** Nobody else can pay for the gas of a wallet's own transfer. */
async function findGasObstacle(lane: Sender | undefined): Promise<PayoutObstacle | undefined> {
  if (!lane) return undefined
  const balance = await lane.gasBalance().catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  if (balance >= lane.priceOf(transferGas)) return undefined
  const reason = `the wallet ${lane.address} cannot pay for the gas of its refunds`
  return { kind: 'passing', reason }
}
