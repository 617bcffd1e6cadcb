import { createMint, type Minted, type Payment } from '@key0/conformance/store'
import type { AccessGrant, ChallengeStore, Outcome, RefundProgress } from '@key0/core'

const mint = createMint({ nowMs: () => Date.now() })

export type Scene = { readonly id: string; readonly minted: Minted; readonly payment: Payment }

/** A challenge like no other, that nobody has stored yet. */
export function imagine(): Scene {
  const suffix = crypto.randomUUID()
  const minted = mint({ challengeId: `challenge-${suffix}`, requestId: `request-${suffix}` })
  return { id: minted.base.challengeId, minted, payment: minted.pay() }
}

export async function open(store: ChallengeStore): Promise<Scene> {
  const scene = imagine()
  await applied(store.create(scene.minted.base, { key: 'create' }))
  return scene
}

export async function pay(store: ChallengeStore): Promise<Scene> {
  const scene = await open(store)
  const { id, payment } = scene
  await applied(store.settle(id, payment.paymentRef, payment.paid(), { key: 'settle' }))
  return scene
}

export function refundOf({ minted, payment }: Scene): RefundProgress {
  const { chainId, token, destination, amountRaw } = minted.base
  const { from, nonce } = payment.intent().authorization
  return {
    ...{ paymentRef: payment.paymentRef, sequence: 0, stage: 'INTENT', chainId, token, nonce },
    ...{ from: destination, to: from, value: amountRaw, sinceBlock: 1n, carriers: [] },
    ...{ attempts: 0, claimedAtMs: Date.now() },
  }
}

export function grantOf({ id, minted, payment }: Scene): AccessGrant {
  const { requestId, resourceId, planId } = minted.base
  return {
    ...{ type: 'AccessGrant', challengeId: id, requestId, resourceId, planId },
    ...{ accessToken: 'token', tokenType: 'Bearer', txHash: payment.txHash },
  }
}

export async function applied(outcome: Promise<Outcome>): Promise<void> {
  const { kind } = await outcome
  if (kind !== 'applied') throw new Error(`The test could not be set up: ${kind}.`)
}
