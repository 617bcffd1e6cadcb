import { refundNonce } from '@key0/chain-evm'
import {
  authorizationRef,
  type ChallengeRecord,
  findTransition,
  type Hash,
  hasOpenIntent,
  type PaymentRef,
  sameAddress,
  transferRef,
} from '@key0/core'
import type { UsdcTransfer } from '@key0/sandbox'
import { createPublicClient, http, type Log, toEventSelector } from 'viem'
import type { ShopSeen } from './startShop.ts'

/** One transfer with the name that its own logs give it. */
type Movement = UsdcTransfer & {
  readonly ref: PaymentRef
  /** The EIP-3009 nonce, when an authorization made it. */
  readonly nonce: Hash | undefined
}

export type Books = {
  readonly shop: ShopSeen
  readonly records: ReadonlyMap<string, ChallengeRecord>
  readonly payments: readonly (Movement & { readonly owner: string | undefined })[]
  /** Money out, with the payment that its nonce names. */
  readonly refunds: readonly (Movement & { readonly of: PaymentRef | undefined })[]
}

const used = toEventSelector('AuthorizationUsed(address,bytes32)')

/**
 * Compares the store, the chain and what buyers received, and names every broken promise. The
 * chain's logs are read here by other code than the product's.
 *
 * @param strays Transfers that no challenge was ever to know of.
 */
export async function checkBooks(
  shop: ShopSeen,
  options: { readonly strays?: readonly Hash[] } = {},
): Promise<readonly string[]> {
  const books = await openBooks(shop)
  const trails = await Promise.all([...books.records.keys()].map((id) => checkTrail(books, id)))
  return [
    ...checkRefunds(books),
    ...checkPayments(books, options.strays ?? []),
    ...checkRecords(books),
    ...checkReceived(books),
    ...(await checkConservation(books, options.strays ?? [])),
    ...trails.flat(),
  ]
}

/** Reads the chain and the store side by side. */
export async function openBooks(shop: ShopSeen): Promise<Books> {
  const { sandbox, seller } = shop
  const records = new Map((await shop.records()).map((each) => [each.challengeId, each]))
  const incoming = await readMovements(shop, await sandbox.transfers({ to: seller.address }))
  const outgoing = await readMovements(shop, await sandbox.transfers({ from: seller.address }))
  const payments = await Promise.all(
    incoming.map(async (it) => ({
      ...it,
      owner: (await shop.store().getClaim(it.ref))?.challengeId,
    })),
  )
  const { chainId } = sandbox
  const token = sandbox.usdc.address
  const nonceOf = (paymentRef: PaymentRef): Hash =>
    refundNonce({ chainId, token, paymentRef, sequence: 0 })
  const refunds = outgoing.map((it) => ({
    ...it,
    of: payments.find(({ ref }) => nonceOf(ref) === it.nonce)?.ref,
  }))
  return { shop, records, payments, refunds }
}

async function readMovements(
  { sandbox }: ShopSeen,
  transfers: readonly UsdcTransfer[],
): Promise<readonly Movement[]> {
  const client = createPublicClient({ transport: http(sandbox.rpcUrl) })
  const { chainId } = sandbox
  const token = sandbox.usdc.address
  return Promise.all(
    transfers.map(async (it) => {
      const { logs } = await client.getTransactionReceipt({ hash: it.transactionHash })
      const ordinal = logs.findIndex(({ logIndex }) => logIndex === it.logIndex)
      const before: Log | undefined = logs[ordinal - 1]
      const [topic, , nonce] = before?.topics ?? []
      const named = before && sameAddress(before.address, token) && topic === used
      const ref =
        named && nonce
          ? authorizationRef({ chainId, token, from: it.from, nonce })
          : transferRef({ chainId, token, txHash: it.transactionHash, ordinal })
      return { ...it, ref, nonce: named ? nonce : undefined }
    }),
  )
}

/** I1: one transfer per refund, to its payer, of what was paid. */
function checkRefunds({ payments, refunds }: Books): readonly string[] {
  return refunds.flatMap(({ of, to, value }, index) => {
    const payment = payments.find(({ ref }) => ref === of)
    if (!payment) return [`I1: ${value} left the wallet for no payment`]
    const again = refunds.findIndex((each) => each.of === of) !== index
    return [
      ...(again ? [`I1: ${of} was refunded twice`] : []),
      ...(sameAddress(to, payment.from) ? [] : [`I1: the refund of ${of} went to ${to}`]),
      ...(value === payment.value ? [] : [`I1: ${of} got another value back`]),
    ]
  })
}

/** I2, I3: every payment belongs to a record whose state accounts for it. */
function checkPayments(
  { payments, records, refunds }: Books,
  strays: readonly Hash[],
): readonly string[] {
  const allowed: Partial<Record<ChallengeRecord['state'], readonly number[]>> = {
    PAID: [0],
    DELIVERED: [0],
    REFUND_PENDING: [0, 1],
    REFUNDED: [1],
    REFUND_FAILED: [0],
  }
  return payments.flatMap(({ ref, value, owner, transactionHash }) => {
    const record = owner === undefined ? undefined : records.get(owner)
    if (!record) {
      return strays.includes(transactionHash) ? [] : [`I2: the payment ${ref} is in no record`]
    }
    if (record.state === 'PENDING' && hasOpenIntent(record)) return []
    if (record.paymentRef !== ref) return [`I3: ${ref} was kept, its challenge is ${record.state}`]
    if (value !== record.amountRaw) return [`I3: ${ref} is not what its record says`]
    const back = refunds.filter((refund) => refund.of === ref).length
    return allowed[record.state]?.includes(back)
      ? []
      : [`I3: ${ref} was returned ${back} times, its challenge is ${record.state}`]
  })
}

/** I3 and I5 from the records' side: what they call paid was paid, and bought one of them. */
function checkRecords({ payments, records, refunds }: Books): readonly string[] {
  const paid = [...records.values()].filter(({ paymentRef }) => paymentRef !== undefined)
  return paid.flatMap((record) => {
    const { challengeId: id, paymentRef, state, refundTxHash } = record
    const sharing = paid.filter((other) => other.paymentRef === paymentRef)
    const payment = payments.find(({ ref }) => ref === paymentRef)
    const refund = refunds.find(({ of }) => of === paymentRef)
    return [
      ...(sharing.length > 1 ? [`I5: ${paymentRef} bought ${sharing.length} challenges`] : []),
      ...(payment || record.paymentFinal === false || record.held !== undefined
        ? []
        : [`I3: ${id} is ${state} by a payment that is not there`]),
      ...(payment && payment.owner !== id ? [`I5: ${id} was bought by another's payment`] : []),
      ...(payment && record.txHash !== payment.transactionHash
        ? [`I3: ${id} names ${record.txHash}, its payment is in ${payment.transactionHash}`]
        : []),
      ...(state === 'REFUNDED' && refund?.transactionHash !== refundTxHash
        ? [`I3: ${id} says that ${refundTxHash} refunded it`]
        : []),
    ]
  })
}

/** I6, I9, I10, I11: who holds a grant paid once, was not refunded, and holds the stored one. */
function checkReceived({ shop, records, payments, refunds }: Books): readonly string[] {
  const grants = shop.exchanges.replies.filter(({ status }) => status === 200)
  return grants.flatMap(({ json, text }) => {
    const id = `${json.challengeId}`
    const record = records.get(id)
    if (json.type !== 'AccessGrant' || !record) return []
    const own = payments.filter(({ owner }) => owner === id)
    const back = own.some(({ ref }) => refunds.some((refund) => refund.of === ref))
    return [
      ...(back ? [`I6: ${id} was delivered and refunded`] : []),
      ...(own.length > 1 ? [`I9: ${id} was paid ${own.length} times`] : []),
      ...(record.state === 'DELIVERED' ? [] : [`I11: ${id} left while ${record.state}`]),
      ...(JSON.stringify(record.accessGrant) === text ? [] : [`I9: ${id} got two answers`]),
    ]
  })
}

/** I3 in units: what the seller's wallet holds is what its records say it should. */
async function checkConservation(
  { shop, records, payments }: Books,
  strays: readonly Hash[],
): Promise<readonly string[]> {
  const held = await shop.sandbox.balanceOf(shop.seller.address)
  const open = [...records.values()].filter(
    (it) => it.state === 'REFUND_PENDING' || hasOpenIntent(it) || it.paymentFinal === false,
  )
  if (open.length > 0) return []
  const kept: readonly ChallengeRecord['state'][] = ['PAID', 'DELIVERED', 'REFUND_FAILED']
  const owed = [...records.values()]
    .filter(({ state }) => kept.includes(state))
    .reduce((sum, { amountRaw }) => sum + amountRaw, 0n)
  const stray = payments
    .filter(({ transactionHash, owner }) => !owner && strays.includes(transactionHash))
    .reduce((sum, { value }) => sum + value, 0n)
  return held === owed + stray ? [] : [`I3: the wallet holds ${held}, the records say ${owed}`]
}

/**
 * I7: the trail is one chain of legal moves, its versions rise, it ends where the record is. I10:
 * nobody was asked to sign again while an authorization was out.
 */
async function checkTrail({ shop, records }: Books, id: string): Promise<readonly string[]> {
  const trail = await shop.store().history(id)
  const moves = trail.flatMap((entry, index) => {
    const before = trail[index - 1]
    if (!before) return entry.from === null ? [] : [`I7: ${id} begins at ${entry.from}`]
    const legal = entry.from !== null && findTransition(entry.from, entry.to) !== undefined
    const linked = entry.from === before.to && entry.version > before.version
    return legal && linked ? [] : [`I7: ${id} moved ${entry.from} to ${entry.to}`]
  })
  const last = trail.at(-1)?.to
  const state = records.get(id)?.state
  const first = trail.find(({ wrote }) => wrote.includes('intent'))
  const freed = trail.some(({ reason, wrote }) => reason && wrote.includes('intent'))
  const asked = shop.exchanges.replies.some(
    ({ status, json, startedAtMs, paidWith }) =>
      status === 402 &&
      paidWith !== undefined &&
      json.challengeId === id &&
      first !== undefined &&
      startedAtMs > first.at.getTime(),
  )
  return [
    ...moves,
    ...(last === state ? [] : [`I7: ${id} is ${state} but its trail says ${last}`]),
    ...(asked && !freed ? [`I10: ${id} was asked to sign again after its payment went out`] : []),
  ]
}
