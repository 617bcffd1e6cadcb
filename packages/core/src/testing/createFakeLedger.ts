import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { Address, Hash } from '../challenge/hex.ts'
import type { Finality, Head } from '../ports/Chain.ts'
import type { Clock } from '../ports/Clock.ts'
import { authorizationMessage, fakeHash, fakeSignature } from './fakeHash.ts'

/** What one call of a transaction does to the token. */
export type FakeCall =
  | { readonly kind: 'authorized'; readonly authorization: SignedAuthorization }
  | {
      readonly kind: 'transfer'
      readonly from: Address
      readonly to: Address
      readonly value: bigint
    }
  | { readonly kind: 'cancel'; readonly from: Address; readonly nonce: Hash }

/** A signed transaction; it runs as a whole or not at all. */
export type FakeTransaction = { readonly hash: Hash; readonly calls: readonly FakeCall[] }

/** One Transfer log. `nonce` is there when it directly follows its AuthorizationUsed. */
export type FakeTransfer = {
  readonly txHash: Hash
  /** The log's place in its receipt. */
  readonly ordinal: number
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly nonce?: Hash
  readonly block: Head
}

type Receipt = {
  readonly transaction: FakeTransaction
  readonly block: Head
  readonly ok: boolean
  readonly transfers: readonly FakeTransfer[]
}

/** What became of (from, nonce). */
export type FakeNonce =
  | { readonly kind: 'used'; readonly transfer: FakeTransfer }
  | { readonly kind: 'cancelled'; readonly block: Head }

/**
 * A chain with one EIP-3009 token, in memory: balances, nonces, blocks, reorganisations, the
 * issuer's blacklist and pause. It executes; it knows nothing of challenges.
 */
export type FakeLedger = {
  readonly token: Address
  readonly blacklist: Set<Address>
  /** When true no transfer succeeds. */
  paused: boolean
  /** When true a broadcast is mined at once; otherwise it waits for `mine`. */
  autoMine: boolean
  /** How many blocks `finalized` is behind; `safe` is half of it. */
  finalityLag: number
  fund(account: Address, value: bigint): void
  balanceOf(account: Address): bigint
  nonceOf(from: Address, nonce: Hash): FakeNonce | undefined
  receiptOf(hash: Hash): Receipt | undefined
  /** Every transfer of the canonical chain, oldest first. */
  transfers(): readonly FakeTransfer[]
  head(at?: Finality): Head
  /** The last block before an instant, in Unix seconds. */
  blockBefore(time: bigint): bigint
  /** Signs a transaction; `salt` makes another carrier of the same calls. */
  prepare(calls: readonly FakeCall[], salt: string): FakeTransaction
  /** Hands a transaction to the pool by its hash. The same one again changes nothing. */
  broadcast(hash: Hash): void
  /** Mines what waits, and then empty blocks, `blocks` in all. */
  mine(blocks?: number): void
  /** Drops the last blocks. Their transactions are forgotten, or wait in the pool again. */
  reorg(depth: number, options?: { readonly requeue?: boolean }): void
}

type State = {
  readonly token: Address
  readonly clock: Clock
  readonly funds: Map<string, bigint>
  blocks: { readonly head: Head; readonly receipts: readonly Receipt[] }[]
  readonly prepared: Map<Hash, FakeTransaction>
  readonly balances: Map<string, bigint>
  readonly nonces: Map<string, FakeNonce>
  readonly receipts: Map<Hash, Receipt>
  pool: Hash[]
  forks: number
}

export function createFakeLedger(options: {
  readonly token: Address
  readonly clock: Clock
}): FakeLedger {
  const state: State = {
    ...options,
    funds: new Map(),
    blocks: [],
    prepared: new Map(),
    balances: new Map(),
    nonces: new Map(),
    receipts: new Map(),
    pool: [],
    forks: 0,
  }
  const ledger: FakeLedger = {
    token: options.token,
    blacklist: new Set(),
    paused: false,
    autoMine: true,
    finalityLag: 2,
    fund(account, value) {
      add(state.funds, account, value)
      add(state.balances, account, value)
    },
    balanceOf: (account) => state.balances.get(account.toLowerCase()) ?? 0n,
    nonceOf: (from, nonce) => state.nonces.get(nonceKey(from, nonce)),
    receiptOf: (hash) => state.receipts.get(hash),
    transfers: () => [...state.receipts.values()].flatMap(({ transfers }) => transfers),
    head: (at = 'latest') => headAt(state, at, ledger.finalityLag),
    blockBefore: (time) => state.blocks.findLast(({ head }) => head.time < time)?.head.number ?? 0n,
    prepare(calls, salt) {
      const text = JSON.stringify([calls, salt], (_, inner: unknown) =>
        typeof inner === 'bigint' ? `${inner}` : inner,
      )
      const transaction = { hash: fakeHash(`transaction:${text}`), calls }
      state.prepared.set(transaction.hash, transaction)
      return transaction
    },
    broadcast(hash) {
      if (!state.prepared.has(hash)) throw new Error(`nobody signed the transaction ${hash}`)
      if (state.receipts.has(hash) || state.pool.includes(hash)) return
      state.pool.push(hash)
      if (ledger.autoMine) mineBlock(state, ledger)
    },
    mine(blocks = 1) {
      for (let mined = 0; mined < blocks; mined += 1) mineBlock(state, ledger)
    },
    reorg(depth, { requeue = false } = {}) {
      const dropped = state.blocks.splice(Math.max(1, state.blocks.length - depth))
      state.forks += 1
      if (requeue)
        for (const { receipts } of dropped)
          state.pool.push(...receipts.map(({ transaction }) => transaction.hash))
      rebuild(state)
    },
  }
  mineBlock(state, ledger)
  return ledger
}

function headAt({ blocks }: State, at: Finality, lag: number): Head {
  const behind = { latest: 0, safe: Math.floor(lag / 2), finalized: lag }[at]
  const block = blocks[Math.max(0, blocks.length - 1 - behind)]
  if (!block) throw new Error('a chain has a first block')
  return block.head
}

function mineBlock(state: State, ledger: FakeLedger): void {
  const last = state.blocks.at(-1)?.head
  const number = (last?.number ?? 99n) + 1n
  const now = BigInt(Math.floor(state.clock.nowMs() / 1000))
  const time = last && last.time >= now ? last.time + 1n : now
  const head = { number, time, hash: fakeHash(`block:${number}:${state.forks}`) }
  const waiting = state.pool
  state.pool = []
  const receipts = waiting.map((hash) => execute(state, ledger, hash, head))
  state.blocks.push({ head, receipts })
}

function execute(state: State, ledger: FakeLedger, hash: Hash, block: Head): Receipt {
  const transaction = state.prepared.get(hash)
  if (!transaction) throw new Error('only signed transactions are mined')
  const undo = { balances: new Map(state.balances), nonces: new Map(state.nonces) }
  const transfers: FakeTransfer[] = []
  let ordinal = 0
  const ok = transaction.calls.every((call) => {
    const logs = run(state, ledger, call, block, { txHash: hash, ordinal })
    if (logs?.transfer) transfers.push(logs.transfer)
    ordinal += logs?.count ?? 0
    return logs !== undefined
  })
  if (!ok) {
    refill(state.balances, undo.balances)
    refill(state.nonces, undo.nonces)
  }
  const receipt = { transaction, block, ok, transfers: ok ? transfers : [] }
  state.receipts.set(hash, receipt)
  return receipt
}

/** Runs one call. `undefined`: it reverts. */
function run(
  state: State,
  ledger: FakeLedger,
  call: FakeCall,
  block: Head,
  at: { readonly txHash: Hash; readonly ordinal: number },
): { readonly transfer?: FakeTransfer; readonly count: number } | undefined {
  if (call.kind === 'cancel') {
    const key = nonceKey(call.from, call.nonce)
    if (state.nonces.has(key)) return undefined
    state.nonces.set(key, { kind: 'cancelled', block })
    return { count: 1 }
  }
  const { from, to, value } = call.kind === 'transfer' ? call : call.authorization
  const blocked = [from, to].some((account) => ledger.blacklist.has(account))
  if (ledger.paused || blocked || ledger.balanceOf(from) < value) return undefined
  if (call.kind === 'transfer') {
    move(state, from, to, value)
    return { transfer: { ...at, from, to, value, block }, count: 1 }
  }
  const { nonce, validAfter, validBefore, signature } = call.authorization
  const key = nonceKey(from, nonce)
  const signed = fakeSignature(from, authorizationMessage(ledger.token, call.authorization))
  const inTime = validAfter < block.time && block.time < validBefore
  if (state.nonces.has(key) || !inTime || signature !== signed) return undefined
  move(state, from, to, value)
  const transfer = { ...at, ordinal: at.ordinal + 1, from, to, value, nonce, block }
  state.nonces.set(key, { kind: 'used', transfer })
  return { transfer, count: 2 }
}

/** After a reorganisation: what the remaining blocks did, as they did it. */
function rebuild(state: State): void {
  refill(state.balances, state.funds)
  state.nonces.clear()
  state.receipts.clear()
  for (const { receipts } of state.blocks)
    for (const receipt of receipts) {
      state.receipts.set(receipt.transaction.hash, receipt)
      for (const transfer of receipt.transfers) {
        move(state, transfer.from, transfer.to, transfer.value)
        if (transfer.nonce)
          state.nonces.set(nonceKey(transfer.from, transfer.nonce), { kind: 'used', transfer })
      }
      for (const call of receipt.ok ? receipt.transaction.calls : [])
        if (call.kind === 'cancel')
          state.nonces.set(nonceKey(call.from, call.nonce), {
            kind: 'cancelled',
            block: receipt.block,
          })
    }
}

function move(state: State, from: Address, to: Address, value: bigint): void {
  add(state.balances, from, -value)
  add(state.balances, to, value)
}

function add(balances: Map<string, bigint>, account: Address, value: bigint): void {
  const key = account.toLowerCase()
  balances.set(key, (balances.get(key) ?? 0n) + value)
}

function refill<value>(map: Map<string, value>, from: ReadonlyMap<string, value>): void {
  map.clear()
  for (const [key, value] of from) map.set(key, value)
}

function nonceKey(from: Address, nonce: Hash): string {
  return `${from}:${nonce}`.toLowerCase()
}
