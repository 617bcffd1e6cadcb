import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import type { PaymentRef } from '../challenge/PaymentRef.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import { findTransition } from '../lifecycle/transitions.ts'
import { toEvidence } from './createFakeChain.ts'
import type { FakeTransfer } from './createFakeLedger.ts'
import type { TestWorld } from './createTestContext.ts'
import { fakeAccounts } from './mint.ts'
import { listRecords } from './settleDown.ts'

type Books = {
  readonly world: TestWorld
  readonly records: ReadonlyMap<string, ChallengeRecord>
  /** Money in, by payment, with the challenge that its claim names. */
  readonly payments: readonly {
    readonly ref: PaymentRef
    readonly transfer: FakeTransfer
    readonly owner: string | undefined
  }[]
  /** Money out of the seller's wallet, with the payment that its nonce names. */
  readonly refunds: readonly {
    readonly ref: PaymentRef | undefined
    readonly transfer: FakeTransfer
  }[]
}

/**
 * Compares the store, the chain and what buyers hold, and names every promise that is broken.
 * May be asked at any moment; money that is still on its way is no breach.
 */
export async function checkInvariants(world: TestWorld): Promise<readonly string[]> {
  const books = await openBooks(world)
  const trails = await Promise.all([...books.records.keys()].map((id) => checkTrail(books, id)))
  return [
    ...checkRefunds(books),
    ...checkPayments(books),
    ...checkRecords(books),
    ...checkReceived(books),
    ...trails.flat(),
  ]
}

async function openBooks(world: TestWorld): Promise<Books> {
  const records = new Map((await listRecords(world)).map((each) => [each.challengeId, each]))
  const seller = fakeAccounts.seller
  const transfers = world.ledger.transfers()
  const incoming = transfers.filter(({ to }) => sameAddress(to, seller))
  const payments = await Promise.all(
    incoming.map(async (transfer) => {
      const ref = toEvidence(world.chain, transfer).paymentRef
      const claim = await world.store.getClaim(ref)
      return { ref, transfer, owner: claim?.challengeId }
    }),
  )
  const { chainId } = world.chain
  const { token } = world.ledger
  const nonceOf = (paymentRef: PaymentRef): string =>
    world.payout.refundNonce({ chainId, token, paymentRef, sequence: 0 })
  const refunds = transfers
    .filter(({ from }) => sameAddress(from, seller))
    .map((transfer) => ({
      transfer,
      ref: payments.find(({ ref }) => nonceOf(ref) === transfer.nonce)?.ref,
    }))
  return { world, records, payments, refunds }
}

/** I1: one transfer per refund, to its payer, never more than was paid. */
function checkRefunds({ payments, refunds, records }: Books): readonly string[] {
  return refunds.flatMap(({ ref, transfer }, index) => {
    const payment = payments.find((each) => each.ref === ref)
    if (!payment) return [`I1: ${transfer.value} left the wallet for no payment`]
    const again = refunds.findIndex((each) => each.ref === ref) !== index
    const toPayer = sameAddress(transfer.to, payment.transfer.from)
    // Less than all of it goes back only when a person approved exactly that.
    const approved = records.get(payment.owner ?? '')?.refund?.approved?.value
    const wanted = approved ?? payment.transfer.value
    return [
      ...(again ? [`I1: ${ref} was refunded twice`] : []),
      ...(toPayer ? [] : [`I1: the refund of ${ref} went to ${transfer.to}`]),
      ...(transfer.value === wanted && wanted <= payment.transfer.value
        ? []
        : [`I1: ${ref} got another value back`]),
    ]
  })
}

/** I2, I3, I4: every payment belongs to a record whose state accounts for it. */
function checkPayments({ payments, records, refunds }: Books): readonly string[] {
  return payments.flatMap(({ ref, transfer, owner }) => {
    const record = owner === undefined ? undefined : records.get(owner)
    if (!record) return [`I2: the payment ${ref} is in no record`]
    const back = refunds.filter((refund) => refund.ref === ref).length
    const { state } = record
    if (state === 'PENDING' && hasOpenIntent(record)) return []
    if (record.paymentRef !== ref) return [`I3: ${ref} was kept while its challenge is ${state}`]
    if (transfer.value !== record.amountRaw && record.held === undefined)
      return [`I3: ${ref} is not what its record says`]
    const allowed: Partial<Record<typeof state, readonly number[]>> = {
      PAID: [0],
      DELIVERED: [0],
      REFUND_PENDING: [0, 1],
      REFUNDED: [1],
      REFUND_FAILED: [0],
    }
    return allowed[state]?.includes(back)
      ? []
      : [`I3: ${ref} was returned ${back} times while its challenge is ${state}`]
  })
}

/** I3 and I5 from the records' side: what they call paid was paid, and bought one of them. */
function checkRecords({ payments, records }: Books): readonly string[] {
  const paid = [...records.values()].filter(({ paymentRef }) => paymentRef !== undefined)
  return paid.flatMap((record) => {
    const { challengeId: id, paymentRef } = record
    const sharing = paid.filter((other) => other.paymentRef === paymentRef)
    const payment = payments.find(({ ref }) => ref === paymentRef)
    const watched = record.paymentFinal === false || record.held !== undefined
    return [
      ...(sharing.length > 1 ? [`I5: ${paymentRef} bought ${sharing.length} challenges`] : []),
      ...(payment || watched
        ? []
        : [`I3: ${id} is ${record.state} by a payment that is not there`]),
      ...(payment && payment.owner !== id ? [`I5: ${id} was bought by another's payment`] : []),
    ]
  })
}

/** I6, I9, I11: who was given something paid once, was not refunded, and has what is stored. */
function checkReceived({ world, records, payments, refunds }: Books): readonly string[] {
  return world.received.flatMap(({ challengeId: id, payer, goods }) => {
    const record = records.get(id)
    const own = payments.filter(({ owner }) => owner === id)
    const back = own.some(({ ref }) => refunds.some((refund) => refund.ref === ref))
    const stored = record && deliveryOf(record)
    return [
      ...(back ? [`I6: ${id} was delivered and refunded`] : []),
      ...(own.length > 1 ? [`I9: ${id} was paid ${own.length} times`] : []),
      ...(record?.state === 'DELIVERED' ? [] : [`I11: ${id} left while ${record?.state}`]),
      ...(stored && same(stored, goods) ? [] : [`I9: ${id} was answered in two ways`]),
      ...(record?.fromAddress && sameAddress(record.fromAddress, payer)
        ? []
        : [`I9: what ${id} bought went to somebody else`]),
    ]
  })
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** I7: the trail is one chain of legal moves, its versions rise, and it ends where the record is. */
async function checkTrail({ world, records }: Books, id: string): Promise<readonly string[]> {
  const trail = await world.store.history(id)
  const moves = trail.flatMap((entry, index) => {
    const before = trail[index - 1]
    if (!before) return entry.from === null ? [] : [`I7: ${id} begins at ${entry.from}`]
    const legal = entry.from !== null && findTransition(entry.from, entry.to) !== undefined
    const linked = entry.from === before.to && entry.version > before.version
    return legal && linked
      ? []
      : [`I7: ${id} moved ${entry.from} to ${entry.to} after ${before.to}`]
  })
  const last = trail.at(-1)?.to
  const state = records.get(id)?.state
  return last === state ? moves : [...moves, `I7: ${id} is ${state} but its trail says ${last}`]
}
