import type { Hex, Journal, SignedAuthorization, Submission, Submitted } from '@key0/core'
import { size } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'
import type { Sender, SenderCall, SentTransaction } from '../sender/Sender.ts'
import { encodeTogether, multicallAddress, simulateTogether } from '../token/multicall.ts'
import { encodeTransfer } from '../token/transferAuthorization.ts'
import { canonicalise, findLastSent, toCall, toRefusal } from './carryAuthorization.ts'
import { hasUsed, sendAgain } from './sendAgain.ts'

/** One authorization among several, and what is to be told about it. */
export type Member = {
  readonly authorization: SignedAuthorization
  readonly previous: readonly Submission[]
  readonly journal: Journal
  readonly resolve: (submitted: Submitted) => void
  readonly reject: (error: unknown) => void
}

export type CarryManyOptions = {
  readonly chain: EvmChain
  readonly pickSender: () => Sender
  /** How many go into one transaction at most. */
  readonly maxMembers: number
}

/**
 * What one authorization of a key takes in a shared transaction, at most: a payee that never held
 * the token, and its share of the calldata. The simulation runs under the same limit.
 */
const memberGas = 95_000n
const baseGas = 60_000n

function batchGas(members: number): bigint {
  return baseGas + BigInt(members) * memberGas
}

/** How many members a transaction of so much gas has room for; one always goes. */
export function countMembers(maxGas: bigint): number {
  return Math.max(1, Number((maxGas - baseGas) / memberGas))
}

/**
 * Brings authorizations to the chain in shared transactions. Members may be at different stages:
 * bytes that were sent before go out again first, each once for all who are in them; the others
 * are tried out together, and those that would pass go into new transactions. Every member is
 * told exactly once. To carry one too often costs gas, never money.
 */
export async function carryMany(
  options: CarryManyOptions,
  members: readonly Member[],
): Promise<void> {
  const { chain, maxMembers } = options
  const canonical = await Promise.all(
    members.map(async (member) => ({
      ...member,
      authorization: await canonicalise(chain, member.authorization),
    })),
  )
  const open = await sendAllAgain(options, canonical)
  const chunks: Member[][] = []
  for (let start = 0; start < open.length; start += maxMembers) {
    chunks.push(open.slice(start, start + maxMembers))
  }
  await Promise.all(
    chunks.map(async (chunk) => {
      const passing = await tryOut(chain, chunk)
      await send(options, passing)
    }),
  )
}

/** Whether it may share a transaction: only what a key signed has a gas limit known before. */
export function canShare({ signature }: SignedAuthorization): boolean {
  return size(signature) === 65
}

/** The members whose earlier transactions are out of the way, or who have none. */
async function sendAllAgain(
  { chain, pickSender }: CarryManyOptions,
  members: readonly Member[],
): Promise<readonly Member[]> {
  const open: Member[] = []
  const groups = new Map<string, { readonly last: SentTransaction; readonly sharing: Member[] }>()
  for (const member of members) {
    const last = findLastSent(member.previous)
    const group = last && (groups.get(last.txHash) ?? { last, sharing: [] })
    if (!group) open.push(member)
    else groups.set(group.last.txHash, { ...group, sharing: [...group.sharing, member] })
  }
  await Promise.all(
    [...groups.values()].map(async ({ last, sharing }) => {
      let left: readonly Member[] = sharing
      try {
        const again = await sendAgain({ chain, sender: pickSender() }, last, async (submission) => {
          // The same call is out already: nothing new of one that refuses leaves.
          left = await journalAll(left, submission)
          if (left.length === 0) throw new Error('every refund in it was moved')
        })
        const isTooMuch = again.kind === 'told' && isBeyondPurse(again.submitted, left)
        for (const member of left) {
          if (again.kind === 'told' && !isTooMuch) member.resolve(again.submitted)
          else if (again.kind === 'mined' && hasUsed(chain, again.receipt, member.authorization))
            member.resolve({ kind: 'submitted', txHash: last.txHash })
          else open.push(member)
        }
      } catch (error) {
        for (const member of left) member.reject(error)
      }
    }),
  )
  return open
}

/** Those that kept it. The others are told their own journal's error. */
async function journalAll(
  members: readonly Member[],
  submission: Submission,
): Promise<readonly Member[]> {
  const kept = await Promise.all(
    members.map(async (member) => {
      try {
        await member.journal(submission)
        return true
      } catch (error) {
        member.reject(error)
        return false
      }
    }),
  )
  return members.filter((_, index) => kept[index])
}

/** Simulates them together, as they would be sent. Those that would not pass are told why. */
async function tryOut(chain: EvmChain, members: readonly Member[]): Promise<readonly Member[]> {
  const { rpc, token } = chain
  if (members.length === 0) return []
  const gas = batchGas(members.length)
  try {
    const results = await simulateTogether(rpc, token.address, toCalls(members), gas)
    return members.filter((member, index) => {
      const result = results[index] ?? { kind: 'reverts', reason: 'no answer' }
      if (result.kind === 'passes') return true
      member.resolve(toRefusal(member.previous, result.reason))
      return false
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreachable'
    for (const member of members) member.resolve({ kind: 'unknown', reason })
    return []
  }
}

function toCalls(members: readonly Member[]): readonly Hex[] {
  return members.map(({ authorization }) => encodeTransfer(authorization))
}

function toBatch(chain: EvmChain, members: readonly Member[]): SenderCall {
  const [first, ...others] = members
  if (first && others.length === 0) return toCall(chain, first.authorization)
  const data = encodeTogether(chain.token.address, toCalls(members))
  return { to: multicallAddress, data, gas: batchGas(members.length) }
}

/**
 * Sends them in one transaction, which every one of them has journalled. When a journal refuses,
 * because another worker moved that refund, what was signed stays here and the rest is signed anew.
 */
async function send(options: CarryManyOptions, members: readonly Member[]): Promise<void> {
  const { chain, pickSender } = options
  const changed = new Error('a refund was left out')
  let left = members
  while (left.length > 0) {
    try {
      const submitted = await pickSender().send(toBatch(chain, left), async (submission) => {
        const kept = await journalAll(left, submission)
        if (kept.length === left.length) return
        left = kept
        throw changed
      })
      if (isBeyondPurse(submitted, left)) return await sendHalves(options, left)
      for (const member of left) member.resolve(submitted)
      return
    } catch (error) {
      if (error === changed) continue
      for (const member of left) member.reject(error)
      return
    }
  }
}

/** A wallet that cannot pay for all of them may still pay for some. */
function isBeyondPurse(submitted: Submitted, members: readonly Member[]): boolean {
  return (
    members.length > 1 && submitted.kind === 'unknown' && /insufficient/i.test(submitted.reason)
  )
}

async function sendHalves(options: CarryManyOptions, members: readonly Member[]): Promise<void> {
  const half = Math.ceil(members.length / 2)
  await send(options, members.slice(0, half))
  await send(options, members.slice(half))
}
