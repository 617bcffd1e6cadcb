import type { Address } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Payout, PayoutObstacle } from '../ports/Payout.ts'
import { createFakeCarrier, type FakeCarrier } from './createFakeCarrier.ts'
import type { FakeLedger } from './createFakeLedger.ts'
import { authorizationMessage, fakeAddress, fakeHash, fakeSignature } from './fakeHash.ts'
import { fakeAccounts } from './mint.ts'

/** Core's `Payout` over a fake ledger, with the keys of `payees`. */
export type FakePayout = Payout &
  FakeCarrier & {
    readonly payees: Set<Address>
    /** When true there is no gas to pay for a carrier. */
    outOfGas: boolean
    /** When true the signer signs nothing. */
    refusesToSign: boolean
    /** How many refunds were carried together, one entry each time. */
    readonly batches: number[]
  }

export function createFakePayout(options: {
  readonly ledger: FakeLedger
  readonly clock: Clock
}): FakePayout {
  const { ledger } = options
  const carrier = createFakeCarrier({ ...options, sender: fakeAddress('refund gas wallet') })
  const payout = Object.assign(carrier, {
    payees: new Set<Address>([fakeAccounts.seller]),
    outOfGas: false,
    refusesToSign: false,
    batches: [] as number[],
    carryMany: (requests: Parameters<NonNullable<Payout['carryMany']>>[0]) => {
      payout.batches.push(requests.length)
      return requests.map(({ journal, ...request }) => payout.carry(request, journal))
    },
    canSignFor: (payee: Address) => payout.payees.has(payee),
    refundNonce: (of: Parameters<Payout['refundNonce']>[0]) =>
      fakeHash(`refund|${of.chainId}|${of.token}|${of.paymentRef}|${of.sequence}`.toLowerCase()),
    async findObstacle(refund: Parameters<Payout['findObstacle']>[0]) {
      return findObstacle(ledger, payout.outOfGas, refund)
    },
    async sign(token: Address, authorization: Parameters<Payout['sign']>[1]) {
      if (payout.refusesToSign || !payout.payees.has(authorization.from))
        throw new Key0Error('SIGNER_REFUSED')
      return fakeSignature(authorization.from, authorizationMessage(token, authorization))
    },
  })
  return payout
}

function findObstacle(
  ledger: FakeLedger,
  outOfGas: boolean,
  { from, to, value }: Parameters<Payout['findObstacle']>[0],
): PayoutObstacle | undefined {
  if (ledger.blacklist.has(to)) return { kind: 'lasting', reason: 'the payer is blocked' }
  if (ledger.paused) return { kind: 'passing', reason: 'the token is paused' }
  if (outOfGas) return { kind: 'passing', reason: 'no gas' }
  if (ledger.balanceOf(from) < value) return { kind: 'passing', reason: 'no balance' }
  return undefined
}
