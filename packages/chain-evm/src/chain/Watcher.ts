import type { AuthorizationQuery, Sighting } from '@key0/core'
import { sameAddress } from '@key0/core'
import type { Context } from './Context.ts'
import type { Block } from './EvmChain.ts'
import { findUses, isUseOf } from './findUse.ts'
import { look, lookAtHints, weigh } from './look.ts'

/** Waits for authorizations to be used: one poller for all of them, and only while some wait. */
export type Watcher = {
  /** Looks until it is decided or the time is over; then answers what is known. */
  readonly wait: (query: AuthorizationQuery, waitMs: number) => Promise<Sighting>
  readonly close: () => void
}

type Waiter = {
  readonly query: AuthorizationQuery
  readonly finish: (sighting: Sighting) => void
  /** Its transfer was seen and only its depth is awaited. */
  isSeen: boolean
  /** Where the search for its log begins. */
  readonly sinceBlock: bigint
  lookedAtMs: number
}

/** Log indexes of some providers lag behind their blocks: a range is read again this far back. */
const overlap = 25n

/** How long a waiter relies on the shared log search before its own receipts are read. */
const lookAgainMs = 3_000

const isOpen = (sighting: Sighting): boolean =>
  sighting.kind === 'unused' || sighting.kind === 'seen' || sighting.kind === 'unreachable'

export function createWatcher(context: Context, pollingMs: number): Watcher {
  const waiters = new Set<Waiter>()
  let timer: NodeJS.Timeout | undefined
  let seenHead: string | undefined
  let isTicking = false

  const tick = async (): Promise<void> => {
    isTicking = true
    try {
      await visit(context, waiters, seenHead).then((head) => {
        seenHead = head
      })
    } catch {
      // The chain could not be asked. Waiters go on waiting, and end when their time is over.
    } finally {
      isTicking = false
      schedule()
    }
  }
  const schedule = (): void => {
    if (timer || isTicking || waiters.size === 0) return
    timer = setTimeout(() => {
      timer = undefined
      void tick()
    }, pollingMs)
  }

  const wait = async (query: AuthorizationQuery, waitMs: number): Promise<Sighting> => {
    const { number } = context.blocks.last()
    const recent = number > overlap ? number - overlap : 0n
    const sinceBlock = query.sinceBlock > recent ? query.sinceBlock : recent
    const sighting = await new Promise<Sighting | undefined>((finish) => {
      const deadline = setTimeout(() => end(undefined), waitMs)
      const end = (decided: Sighting | undefined): void => {
        clearTimeout(deadline)
        waiters.delete(waiter)
        finish(decided)
      }
      const lookedAtMs = performance.now()
      const waiter: Waiter = { query, finish: end, isSeen: false, sinceBlock, lookedAtMs }
      waiters.add(waiter)
      // The block that everybody else has seen is news to this one.
      seenHead = undefined
      schedule()
    })
    return sighting ?? (await look(context, query))
  }
  const close = (): void => {
    clearTimeout(timer)
    timer = undefined
    for (const waiter of waiters) waiter.finish({ kind: 'unused' })
  }
  return { wait, close }
}

/** One tick: nothing but the head while no block came; otherwise one log search for everybody. */
async function visit(
  context: Context,
  waiters: ReadonlySet<Waiter>,
  seenHead: string | undefined,
): Promise<string> {
  const head = await context.blocks.latest()
  if (head.hash === seenHead) return head.hash
  const all = [...waiters]
  const waiting = all.filter((it) => !it.isSeen)
  const uses = await searchLogs(context, waiting, head)
  await Promise.all(
    all.map(async (waiter) => {
      const use = uses.find((it) => isUseOf(it, waiter.query))
      await visitOne(context, waiter, head, use)
    }),
  )
  return head.hash
}

async function searchLogs(
  context: Context,
  waiting: readonly Waiter[],
  head: Block,
): Promise<Awaited<ReturnType<typeof findUses>>> {
  if (waiting.length === 0 || context.token.transferMethod === 'transfer') return []
  let since = head.number
  for (const { sinceBlock } of waiting) if (sinceBlock < since) since = sinceBlock
  try {
    return await findUses(
      context,
      waiting.map((it) => it.query),
      since,
      head.number,
    )
  } catch {
    // No log search now: every waiter's own look finds what it can.
    return []
  }
}

async function visitOne(
  context: Context,
  waiter: Waiter,
  head: Block,
  use: Awaited<ReturnType<typeof findUses>>[number] | undefined,
): Promise<void> {
  const { query } = waiter
  // A plain transfer is in no search for authorizations: its own receipt tells of it.
  const isPlain = context.token.transferMethod === 'transfer'
  const isLate = isPlain || performance.now() - waiter.lookedAtMs > lookAgainMs
  const isOver = head.time > query.validBefore
  let sighting: Sighting | undefined
  if (use) sighting = await weigh(context, query, use).catch(() => undefined)
  else if (waiter.isSeen || isLate || isOver) {
    waiter.lookedAtMs = performance.now()
    sighting = await look(context, query)
  }
  if (!sighting) return
  waiter.isSeen = sighting.kind === 'seen'
  if (!isOpen(sighting)) waiter.finish(sighting)
}

/** The first look of somebody who is ready to wait: receipts first, the state only if need be. */
export async function observe(
  context: Context,
  watcher: Watcher,
  query: AuthorizationQuery,
): Promise<Sighting> {
  if (!sameAddress(query.token, context.token.address)) {
    return { kind: 'unreachable', cause: new Error(`this chain reads ${context.token.address}`) }
  }
  const waitMs = query.waitMs ?? 0
  if (waitMs <= 0) return await look(context, query)
  // Just sent: what its own receipt does not tell yet, the next block will.
  const first = query.hints?.length
    ? await lookAtHints(context, query).catch(() => undefined)
    : await look(context, query)
  if (first && !isOpen(first)) return first
  return await watcher.wait(query, waitMs)
}
