import type { AuditEntry, ChallengeRecord, ChallengeStore } from '@key0/core'
import { findTransition } from '@key0/core'
import type { Sandbox, UsdcTransfer } from '@key0/sandbox'
import { listEntries } from '../src/listRecords.ts'
import type { Buyer } from './createBuyer.ts'

/** USDC by address in lower case. */
export type Balances = ReadonlyMap<string, bigint>

type World = {
  readonly chain: Sandbox<string>
  /** The audit closes what it opened. */
  readonly openStore: () => ChallengeStore
  readonly buyers: readonly Buyer[]
  readonly before: Balances
}

/** What the three witnesses agree on: the chain, the store, and what the buyers were handed. */
export type Accounts = {
  readonly payments: number
  readonly refunds: number
  readonly delivered: number
  readonly records: readonly ChallengeRecord[]
}

export async function readBalances(
  chain: Sandbox<string>,
  buyers: readonly Pick<Buyer, 'address'>[],
): Promise<Balances> {
  const everybody = [chain.wallets.seller?.address, ...buyers.map(({ address }) => address)]
  const known = everybody.filter((address) => address !== undefined)
  const entries = known.map(
    async (address) => [address.toLowerCase(), await chain.balanceOf(address)] as const,
  )
  return new Map(await Promise.all(entries))
}

/**
 * Checks that no money is lost and none was given twice. Call it when the gateway is gone.
 *
 * @throws an error that names everything that is wrong.
 */
export async function audit(world: World): Promise<Accounts> {
  const { chain, buyers, before } = world
  const seller = `${chain.wallets.seller?.address}` as const as `0x${string}`
  const all = await chain.transfers()
  const isBuyer = (address: string): boolean => buyers.some((it) => same(it.address, address))
  const payments = all.filter(({ from, to }) => isBuyer(from) && same(to, seller))
  const refunds = all.filter(({ from, to }) => same(from, seller) && isBuyer(to))
  const stored = await readStore(world.openStore())
  const problems = [
    ...checkPayments(payments, stored.records),
    ...checkRefunds(refunds, stored.records),
    ...checkReceipts(buyers, stored.records),
    ...stored.records.flatMap((record) => checkHistory(record, stored.entries)),
    ...checkBalances(await readBalances(chain, buyers), before, { seller, payments, refunds }),
  ]
  if (problems.length > 0) throw new Error(`The books are wrong:\n${problems.join('\n')}`)
  const delivered = stored.records.filter(({ state }) => state === 'DELIVERED').length
  const { records } = stored
  return { payments: payments.length, refunds: refunds.length, delivered, records }
}

type Stored = {
  readonly records: readonly ChallengeRecord[]
  readonly entries: readonly AuditEntry[]
}

async function readStore(store: ChallengeStore): Promise<Stored> {
  try {
    const entries = await listEntries(store)
    const ids = [...new Set(entries.map(({ challengeId }) => challengeId))]
    const records = await Promise.all(ids.map((id) => store.get(id)))
    return { entries, records: records.filter((record) => record !== undefined) }
  } finally {
    await store.close()
  }
}

const same = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && a.toLowerCase() === b?.toLowerCase()

/** One payment on chain, one record that was bought by it; and the other way round. */
function checkPayments(
  payments: readonly UsdcTransfer[],
  records: readonly ChallengeRecord[],
): readonly string[] {
  const paid = records.filter(({ txHash }) => txHash !== undefined)
  const open = records.filter(
    ({ state }) => !['PENDING', 'EXPIRED', 'DELIVERED', 'REFUNDED'].includes(state),
  )
  return [
    ...open.map(({ challengeId, state }) => `${challengeId} ended in ${state}`),
    ...records
      .filter(({ state, intent }) => state === 'PENDING' && intent?.stage === 'OPEN')
      .map(({ challengeId }) => `${challengeId} still does not know whether it was paid`),
    ...payments.flatMap(({ transactionHash, value, from }) => {
      const owners = paid.filter(({ txHash }) => same(txHash, transactionHash))
      const [owner] = owners
      if (!owner || owners.length > 1)
        return `${transactionHash} bought ${owners.length} challenges`
      return owner.amountRaw === value && same(owner.fromAddress, from)
        ? []
        : `${transactionHash} is not what ${owner.challengeId} says`
    }),
    ...paid
      .filter(({ txHash }) => !payments.some((it) => same(it.transactionHash, txHash)))
      .map(({ challengeId }) => `${challengeId} says it was paid, the chain does not`),
  ]
}

/** One transfer for each refund, though many may share a transaction. */
function checkRefunds(
  refunds: readonly UsdcTransfer[],
  records: readonly ChallengeRecord[],
): readonly string[] {
  const nameOf = (txHash: string | undefined, to: string | undefined, value: bigint): string =>
    `${value} to ${to} in ${txHash}`.toLowerCase()
  const sent = refunds.map(({ transactionHash, to, value }) => nameOf(transactionHash, to, value))
  const said = records
    .filter(({ state }) => state === 'REFUNDED')
    .map(({ refundTxHash, fromAddress, amountRaw }) => nameOf(refundTxHash, fromAddress, amountRaw))
  const countOf = (names: readonly string[], name: string): number =>
    names.filter((each) => each === name).length
  return [...new Set([...sent, ...said])].flatMap((name) => {
    const [transfers, challenges] = [countOf(sent, name), countOf(said, name)]
    return transfers === challenges
      ? []
      : `${transfers} transfers of ${name} refunds ${challenges} challenges`
  })
}

/** What a buyer holds counts as delivered, whatever the store says. */
function checkReceipts(
  buyers: readonly Buyer[],
  records: readonly ChallengeRecord[],
): readonly string[] {
  return buyers.flatMap(({ received }) =>
    [...received].flatMap(([id, tokens]) => {
      const record = records.find(({ challengeId }) => challengeId === id)
      if (record?.state !== 'DELIVERED') return `${id} was received and is ${record?.state}`
      if (tokens.size !== 1) return `${id} was answered with ${tokens.size} different tokens`
      return tokens.has(`${record.accessGrant?.accessToken}`) ? [] : `${id} stored another token`
    }),
  )
}

/** Versions without a gap, every move one of the table, and each where the last one ended. */
function checkHistory(
  { challengeId, state }: ChallengeRecord,
  entries: readonly AuditEntry[],
): readonly string[] {
  const own = entries.filter((entry) => entry.challengeId === challengeId)
  const wrong = own.filter(({ from, to, version }, index) => {
    const previous = own[index - 1]
    if (from === null) return index !== 0
    const follows = previous !== undefined && previous.to === from && previous.version < version
    return !follows || findTransition(from, to) === undefined
  })
  const ends = own.at(-1)?.to === state
  return [
    ...wrong.map(({ from, to }) => `${challengeId} went from ${from} to ${to}`),
    ...(ends ? [] : [`${challengeId} is ${state}, its history ends in ${own.at(-1)?.to}`]),
  ]
}

function checkBalances(
  after: Balances,
  before: Balances,
  moved: {
    readonly seller: string
    readonly payments: readonly UsdcTransfer[]
    readonly refunds: readonly UsdcTransfer[]
  },
): readonly string[] {
  const flows = [...moved.payments, ...moved.refunds]
  return [...after].flatMap(([address, balance]) => {
    const incoming = flows.filter(({ to }) => same(to, address))
    const outgoing = flows.filter(({ from }) => same(from, address))
    const sum = (of: readonly UsdcTransfer[]): bigint => of.reduce((n, { value }) => n + value, 0n)
    const expected = (before.get(address) ?? 0n) + sum(incoming) - sum(outgoing)
    return balance === expected ? [] : `${address} holds ${balance} instead of ${expected}`
  })
}
