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
  const begin = loss ? await beginAfterLoss(ctx, loss) : await beginNew(ctx)
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
}

/** A new deployment begins at the newest block: what was before is not its money. */
async function beginNew({ chain, fromBlock }: CursorContext): Promise<bigint> {
  return fromBlock === undefined ? (await chain.head()).number : fromBlock - 1n
}

async function beginAfterLoss(
  { chain, fromBlock }: CursorContext,
  { since }: NonNullable<Continuity['break']>,
): Promise<bigint> {
  const sinceSecond = BigInt(Math.floor(since.getTime() / 1000)) - MARGIN_SECONDS
  const before = await chain.blockBefore(sinceSecond)
  return fromBlock !== undefined && fromBlock - 1n < before ? fromBlock - 1n : before
}

function consumerOf(
  { chain: { chainId } }: CursorContext,
  { token, payee }: Wallet,
  loss: Continuity['break'],
): string {
  const count = loss ? `:${loss.until.getTime()}` : ''
  return `transfers:${chainId}:${token}:${payee}${count}`.toLowerCase()
}
