import type { ChallengeStore, Outcome, PaymentClaim } from '@key0/core'
import type { Rig } from './Case.ts'
import type { Scene } from './Scene.ts'

type Disposition = PaymentClaim['disposition']

/** What the peer is told about the claim on a scene's payment. */
export async function claimOf({ rig, payment }: Scene): Promise<Disposition | undefined> {
  return (await rig.peer.getClaim(payment.paymentRef))?.disposition
}

/** The second scene, presenting the payment of the first. */
export function withPaymentOf(payer: Scene, scene: Scene): Scene {
  return { ...scene, payment: payer.payment }
}

export function reserve(
  scene: Scene,
  key = 'reserve',
  store: ChallengeStore = scene.rig.store,
): Promise<Outcome> {
  return store.reserve(scene.id, scene.payment.intent(), { key })
}

export function settle(
  scene: Scene,
  key = 'settle',
  store: ChallengeStore = scene.rig.store,
): Promise<Outcome> {
  const { id, payment } = scene
  return store.settle(id, payment.paymentRef, payment.paid(), { key })
}

/** Lets `count` callers race, every other one on the second connection. */
export function race(
  { store, peer }: Rig,
  count: number,
  run: (store: ChallengeStore, index: number) => Promise<Outcome>,
): Promise<readonly Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => run(i % 2 ? store : peer, i)))
}

export function at<item>(items: readonly item[], index: number): item {
  return items[index] as item
}
