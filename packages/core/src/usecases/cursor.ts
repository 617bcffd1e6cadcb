import type { Continuity } from '../continuity/Continuity.ts'
import type { Chain } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Wallet } from './listUnclaimed.ts'

type CursorContext = {
  readonly store: Pick<ChallengeStore, 'ack' | 'acked'>
  readonly chain: Pick<Chain, 'chainId' | 'head' | 'blockBefore'>
  readonly fromBlock?: bigint
}

/** What a store acknowledged a minute before its last sign of life is not among what it lost. */
const MARGIN_SECONDS = 60n

/**
 * The last block up to which every transfer into a wallet is accounted for. A store that lost
 * writes begins a new count at the loss: whatever an older one says, also one that a process still
 * writes, may have passed over payments whose records are gone.
 */
export async function openCursor(
  ctx: CursorContext,
  wallet: Wallet,
  { break: loss }: Pick<Continuity, 'break'>,
): Promise<bigint> {
  const consumer = consumerOf(ctx, wallet, loss)
  const cursor = BigInt(await ctx.store.acked(consumer))
  if (cursor > 0n) return cursor
  const begin = loss ? await beginAfterLoss(ctx, wallet, loss) : await beginNew(ctx)
  // A cursor of 0 says "not begun"; the first block of a chain holds no transfer.
  const first = begin > 1n ? begin : 1n
  await ctx.store.ack(consumer, Number(first))
  return first
}

export async function writeCursor(
  ctx: CursorContext,
  wallet: Wallet,
  { break: loss }: Pick<Continuity, 'break'>,
  block: bigint,
): Promise<void> {
  await ctx.store.ack(consumerOf(ctx, wallet, loss), Number(block))
  // How far any count came is where the one after the next loss begins at the latest.
  if (loss) await ctx.store.ack(consumerOf(ctx, wallet), Number(block))
}

/** A new deployment begins at the newest block: what was before is not its money. */
async function beginNew({ chain, fromBlock }: CursorContext): Promise<bigint> {
  return fromBlock === undefined ? (await chain.head()).number : fromBlock - 1n
}

/**
 * Not after the block that the accounts had come to: what was too young to be taken up, or not
 * looked at for a while, is older than the loss.
 */
async function beginAfterLoss(
  ctx: CursorContext,
  wallet: Wallet,
  { since }: NonNullable<Continuity['break']>,
): Promise<bigint> {
  const { chain, store, fromBlock } = ctx
  const sinceSecond = BigInt(Math.floor(since.getTime() / 1000)) - MARGIN_SECONDS
  const reached = BigInt(await store.acked(consumerOf(ctx, wallet)))
  const ends = [await chain.blockBefore(sinceSecond)]
  if (reached > 0n) ends.push(reached)
  if (fromBlock !== undefined) ends.push(fromBlock - 1n)
  const [least = 0n] = ends.toSorted((a, b) => (a < b ? -1 : 1))
  return least
}

function consumerOf(
  { chain: { chainId } }: CursorContext,
  { token, payee }: Wallet,
  loss?: Continuity['break'],
): string {
  const count = loss ? `:${loss.until.getTime()}` : ''
  return `transfers:${chainId}:${token}:${payee}${count}`.toLowerCase()
}
