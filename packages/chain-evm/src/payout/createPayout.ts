import { type Hex, Key0Error, type Payout, sameAddress } from '@key0/core'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { carryAuthorization } from '../carry/carryAuthorization.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { createSender } from '../sender/createSender.ts'
import type { Sender } from '../sender/Sender.ts'
import { toTypedData } from '../token/transferAuthorization.ts'
import { findObstacle } from './findObstacle.ts'
import { refundNonce } from './refundNonce.ts'

export type PayoutOptions = {
  readonly chain: EvmChain
  /** The sellers' own wallets. Old keys stay in the ring as long as their payments may go back. */
  readonly keys: readonly Hex[]
  /**
   * Who pays the gas; taken in turn, the least busy first. Default: the sellers' wallets
   * themselves, which then need the native coin.
   */
  readonly carriers?: readonly Sender[]
}

/**
 * Pays refunds by authorizations of the payment's own payee, which any funded wallet may carry.
 *
 * @throws CONFIG_INVALID when there is no key, or one is none.
 */
export function createPayout(options: PayoutOptions): Payout {
  const { chain } = options
  const accounts = readRing(options.keys)
  const carriers = options.carriers?.length
    ? options.carriers
    : options.keys.map((privateKey) => createSender({ chain, privateKey }))
  return {
    payees: [...accounts.values()].map(({ address }) => address),
    canSignFor: (payee) => accounts.has(payee.toLowerCase()),
    refundNonce,
    findObstacle: async (refund) => {
      checkToken(chain, refund.token)
      return await findObstacle(chain, carriers, refund)
    },
    sign: async (token, authorization) => {
      checkToken(chain, token)
      const account = accounts.get(authorization.from.toLowerCase())
      if (!account) {
        const facts = { payee: authorization.from, reason: 'no key of this wallet' }
        throw new Key0Error('SIGNER_REFUSED', { facts })
      }
      const typedData = toTypedData(chain.chainId, chain.token, authorization)
      return await account.signTypedData(
        typedData as unknown as Parameters<typeof account.signTypedData>[0],
      )
    },
    carry: async ({ token, authorization, previous }, journal) => {
      checkToken(chain, token)
      const sender = leastBusy(carriers)
      return await carryAuthorization(
        { chain, sender, authorization, previous, isSimulated: false },
        journal,
      )
    },
  }
}

function readRing(keys: readonly Hex[]): ReadonlyMap<string, PrivateKeyAccount> {
  const facts = { field: 'keys', expected: 'private keys: 0x and 64 hexadecimal digits' }
  if (keys.length === 0) throw new Key0Error('CONFIG_INVALID', { facts })
  try {
    const accounts = keys.map((key) => privateKeyToAccount(key))
    return new Map(accounts.map((account) => [account.address.toLowerCase(), account]))
  } catch {
    // The library's own words may repeat the key.
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
}

function leastBusy(carriers: readonly Sender[]): Sender {
  const [first, ...others] = carriers as readonly [Sender, ...Sender[]]
  return others.reduce(
    (best, it) => (it.inFlight().length < best.inFlight().length ? it : best),
    first,
  )
}

function checkToken(chain: EvmChain, token: string): void {
  if (sameAddress(token, chain.token.address)) return
  const facts = { field: 'token', expected: chain.token.address, found: token }
  throw new Key0Error('CHAIN_MISMATCH', { facts })
}
