import type {
  AuthorizationQuery,
  PaymentEvidence,
  Sighting,
  TransferQuery,
  TransfersQuery,
} from '@key0/core'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import type { Context } from './Context.ts'
import { inspect } from './inspect.ts'
import { listTransfers } from './listTransfers.ts'
import { look } from './look.ts'

/** Independent nodes that must say the same before money is decided about. */
export type Agreement = {
  /** What was seen, when the second nodes see it too; else that they do not agree. */
  readonly onUse: (query: AuthorizationQuery, first: Sighting) => Promise<Sighting>
  readonly onTransfer: (query: TransferQuery, first: Sighting) => Promise<Sighting>
  /** @throws CHAIN_UNREACHABLE when the second nodes list other large transfers */
  readonly onTransfers: (
    query: TransfersQuery,
    first: readonly PaymentEvidence[],
  ) => Promise<readonly PaymentEvidence[]>
}

/** The nodes contradict each other: what they say about this money is no evidence of anything. */
class NodesDisagree extends Error {
  override readonly name = 'NodesDisagree'

  constructor(what: string) {
    super(`independent nodes do not agree about ${what}`)
  }
}

/** Nodes are not equally far: how often the second are asked before they are said to disagree. */
const lookTimes = 4

/**
 * Above `above`, in atomic units, an answer that spends or voids counts only when the second nodes,
 * asked for themselves, give the same.
 */
export function createAgreement(options: {
  readonly above: bigint
  readonly second: Context
  readonly pauseMs: number
  readonly onDisagreement: (error: Error) => void
}): Agreement {
  const { above, second, pauseMs } = options
  const disagree = (what: string): NodesDisagree => {
    const error = new NodesDisagree(what)
    options.onDisagreement(error)
    return error
  }
  const agree = async (
    value: bigint,
    first: Sighting,
    ask: () => Promise<Sighting>,
  ): Promise<Sighting> => {
    if (value <= above || !isDecisive(first)) return first
    for (let looks = 1; ; looks += 1) {
      const other = await ask()
      const agreed = findAgreed(first, other)
      if (agreed) return agreed
      if (isDecisive(other) || looks === lookTimes) {
        const cause = disagree(`a payment: ${describe(first)}, ${describe(other)}`)
        return { kind: 'unreachable', cause }
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
  return {
    onUse: async (query, first) =>
      await agree(readStake(query.value, first), first, async () => await look(second, query)),
    onTransfer: async (query, first) =>
      await agree(readStake(query.value, first), first, async () => await inspect(second, query)),
    onTransfers: async (query, first) => {
      const others = await listTransfers(second, query)
      const large = (list: readonly PaymentEvidence[]): string =>
        JSON.stringify(list.filter(({ value }) => value > above).map(toKey))
      if (large(first) === large(others)) return first
      const range = `blocks ${query.fromBlock} to ${query.toBlock}`
      throw toChainUnreachable(disagree(`the transfers in ${range}`))
    },
  }
}

/** Whether a payment is made, undone or refused because of it. */
function isDecisive({ kind }: Sighting): boolean {
  return kind === 'confirmed' || kind === 'dead' || kind === 'mismatch'
}

/** What both say, at the depth of the less deep; `undefined` when they say different things. */
function findAgreed(first: Sighting, other: Sighting): Sighting | undefined {
  if (first.kind === 'confirmed' && (other.kind === 'confirmed' || other.kind === 'seen')) {
    return toKey(first.evidence) === toKey(other.evidence) ? other : undefined
  }
  if (first.kind === 'dead' && other.kind === 'dead') {
    return first.cause === other.cause ? first : undefined
  }
  // Why it is none of ours may be told differently: one node may have forgotten old states.
  return first.kind === 'mismatch' && other.kind === 'mismatch' ? first : undefined
}

function toKey({ paymentRef, txHash, from, to, value, block }: PaymentEvidence): string {
  return `${paymentRef} ${txHash} ${from} ${to} ${value} ${block.hash} ${block.time}`.toLowerCase()
}

/** What is at stake: what was asked for, or what the log says was paid. */
function readStake(asked: bigint | undefined, sighting: Sighting): bigint {
  const { facts = {} } = sighting.kind === 'mismatch' ? sighting : {}
  const evidence = 'evidence' in sighting ? sighting.evidence.value : BigInt(facts.paidValue ?? 0)
  return asked !== undefined && asked > evidence ? asked : evidence
}

function describe(sighting: Sighting): string {
  if (sighting.kind === 'confirmed' || sighting.kind === 'seen') {
    return `${sighting.kind} in ${sighting.evidence.txHash}`
  }
  return sighting.kind === 'dead' ? `dead (${sighting.cause})` : sighting.kind
}
