import { createHash } from 'node:crypto'
import type { ChallengeStore, Outcome } from '@key0/core'

/** What is asked of a store here. */
export type Writer = Pick<ChallengeStore, Step>

import { type MintedPurchase, mintPurchase } from '../store/mintPurchase.ts'

/** The writes of a purchase that are compared, in the order in which they happen. */
export const steps = ['create', 'settle', 'transition'] as const
export type Step = (typeof steps)[number]

/** How many callers there are at a time. */
export const callers = 50

/** As long as the attempt keys that the engine draws. */
const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40)

export type Purchase = MintedPurchase & { readonly keys: Readonly<Record<Step, string>> }

/** Purchases with the numbers from `first` on. */
export function mintPurchases(first: number, count: number): readonly Purchase[] {
  return Array.from({ length: count }, (_, at) => {
    const number = first + at
    const keys = {
      create: keyOf(`create:${number}`),
      settle: keyOf(`settle:${number}`),
      transition: keyOf(`transition:${number}`),
    }
    return { ...mintPurchase(number), keys }
  })
}

/** Does one step of one purchase, and sees to it that it was done. */
export async function take(store: Writer, step: Step, purchase: Purchase): Promise<void> {
  const { kind } = await send(store, step, purchase)
  if (kind !== 'applied') throw new Error(`a ${step} was ${kind}`)
}

function send(store: Writer, step: Step, purchase: Purchase): Promise<Outcome> {
  const { base, paymentRef, paid, lease, keys } = purchase
  const { challengeId: id } = base
  const key = keys[step]
  if (step === 'create') return store.create(base, { key })
  if (step === 'settle') return store.settle(id, paymentRef, paid, { key })
  return store.transition({ id, from: 'PAID', to: 'PAID', key, fields: { lease } })
}

/** Works through all items with so many callers at a time. */
export async function workThrough<item>(
  items: readonly item[],
  count: number,
  work: (item: item, at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < items.length) {
      const at = next
      next += 1
      await work(items[at] as item, at)
    }
  }
  await Promise.all(Array.from({ length: count }, caller))
}
