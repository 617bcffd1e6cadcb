import { type Hex, type Journal, Key0Error, type Payout, type Submitted } from '@key0/core'
import { carryAuthorization } from '../carry/carryAuthorization.ts'
import {
  type CarryManyOptions,
  canShare,
  carryMany,
  countMembers,
  type Member,
} from '../carry/carryMany.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { createSender } from '../sender/createSender.ts'
import type { Sender } from '../sender/Sender.ts'
import type { WalletLock } from '../sender/WalletLock.ts'
import { probeMulticall } from '../token/multicall.ts'
import { toTypedData } from '../token/transferAuthorization.ts'
import { checkToken } from './checkToken.ts'
import { findObstacle } from './findObstacle.ts'
import { type PayeeSigner, type PayeeTypedData, type RingMember, readRing } from './PayeeSigner.ts'
import { refundNonce } from './refundNonce.ts'

export type PayoutOptions = {
  readonly chain: EvmChain
  /** The sellers' own wallets, by key or by signer. Old ones stay in the ring as long as their payments may go back. */
  readonly keys: readonly (Hex | PayeeSigner)[]
  /**
   * Who pays the gas; taken in turn, the least busy first. Default: the sellers' wallets
   * themselves, which then need the native coin.
   */
  readonly carriers?: readonly Sender[]
  /** For the sellers' wallets when they carry, and several processes use them. */
  readonly lock?: WalletLock
  /** How much may go into one transaction at most: 50 refunds and 5,000,000 gas by default. */
  readonly batch?: { readonly maxMembers?: number; readonly maxGas?: bigint }
}

/**
 * Pays refunds by authorizations of the payment's own payee, which any funded wallet may carry.
 *
 * @throws CONFIG_INVALID when there is no key, one is none, or the token knows no authorizations.
 */
export function createPayout(options: PayoutOptions): Payout {
  const { chain } = options
  if (chain.token.transferMethod !== 'eip3009') {
    const expected = 'a token with authorizations: for others there is `createTransferPayout`'
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'chain', expected } })
  }
  const ring = readRing(options.keys)
  const carriers = options.carriers?.length ? options.carriers : createOwnCarriers(options, ring)
  const hasMulticall = createMemo(async () => await probeMulticall(chain.rpc, chain.token.address))
  const { maxMembers, maxGas } = { maxMembers: 50, maxGas: 5_000_000n, ...options.batch }
  let turn = 0
  const pickSender = (): Sender => {
    // Refunds that begin at once find all wallets equally busy: equals take turns.
    turn = (turn + 1) % carriers.length
    return leastBusy([...carriers.slice(turn), ...carriers.slice(0, turn)])
  }
  const carryOne = async (request: Request, journal: Journal): Promise<Submitted> => {
    const { token, authorization, previous } = request
    checkToken(chain, token)
    const sender = pickSender()
    const carried = { chain, sender, authorization, previous, isSimulated: false }
    return await carryAuthorization(carried, journal)
  }
  return {
    payees: [...ring.values()].map(({ signer }) => signer.address),
    canSignFor: (payee) => ring.has(payee.toLowerCase()),
    refundNonce,
    findObstacle: async (refund) => {
      checkToken(chain, refund.token)
      return await findObstacle(chain, carriers, refund)
    },
    sign: async (token, authorization) => {
      checkToken(chain, token)
      const member = ring.get(authorization.from.toLowerCase())
      if (!member) {
        const facts = { payee: authorization.from, reason: 'no key of this wallet' }
        throw new Key0Error('SIGNER_REFUSED', { facts })
      }
      const typedData = toTypedData(chain.chainId, chain.token, authorization)
      return await member.signer.signTypedData(typedData as unknown as PayeeTypedData)
    },
    carry: carryOne,
    carryMany: (requests) => {
      for (const { token } of requests) checkToken(chain, token)
      const room = Math.max(1, Math.min(maxMembers, countMembers(maxGas)))
      const options = { chain, pickSender, maxMembers: room }
      return carryTogether(requests, carryOne, hasMulticall, options)
    },
  }
}

type Request = Parameters<Payout['carry']>[0]

/** Shared transactions where the chain can, for those that may share one; singles otherwise. */
function carryTogether(
  requests: readonly (Request & { readonly journal: Journal })[],
  carryOne: Payout['carry'],
  hasMulticall: () => Promise<boolean>,
  options: CarryManyOptions,
): readonly Promise<Submitted>[] {
  const members: Member[] = []
  const carried = requests.map(
    async (request) =>
      await new Promise<Submitted>((resolve, reject) => {
        members.push({ ...request, resolve, reject })
      }),
  )
  const carryAlone = ({ resolve, reject, journal, ...request }: Member): void => {
    const { address: token } = options.chain.token
    carryOne({ ...request, token }, journal).then(resolve, reject)
  }
  const start = async (): Promise<void> => {
    // A chain that cannot be asked now is carried to as one that has no multicall.
    const isShared = members.length > 1 && (await hasMulticall().catch(() => false))
    const sharing = isShared ? members.filter((it) => canShare(it.authorization)) : []
    for (const member of members) if (!sharing.includes(member)) carryAlone(member)
    await carryMany(options, sharing)
  }
  start().catch((error: unknown) => {
    for (const member of members) member.reject(error)
  })
  return carried
}

/** Asks once, and again only when it failed. */
function createMemo<value>(ask: () => Promise<value>): () => Promise<value> {
  let asked: Promise<value> | undefined
  return async () => {
    asked ??= ask().catch((error: unknown) => {
      asked = undefined
      throw error
    })
    return await asked
  }
}

/** The wallets that were paid carry their own refunds when nobody else does. */
function createOwnCarriers(
  { chain, lock }: PayoutOptions,
  ring: ReadonlyMap<string, RingMember>,
): readonly Sender[] {
  return [...ring.values()].map(({ signer, sender }) => {
    if (sender) return createSender({ chain, account: sender, ...(lock && { lock }) })
    const expected = `a wallet that pays the gas: ${signer.address} signs refunds only`
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'carriers', expected } })
  })
}

function leastBusy(carriers: readonly Sender[]): Sender {
  const [first, ...others] = carriers as readonly [Sender, ...Sender[]]
  return others.reduce(
    (best, it) => (it.inFlight().length < best.inFlight().length ? it : best),
    first,
  )
}
