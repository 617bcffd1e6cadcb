import type {
  AccessGrant,
  AuditEntry,
  ChallengeBase,
  ChallengeFields,
  ChallengeRecord,
  Move,
  Outcome,
  PaymentClaim,
  RefundProgress,
  State,
  StoredResponse,
} from '@key0/core'
import { expectDefined, expectKind, expectSame } from './assert.ts'
import type { Rig } from './Case.ts'
import { type Minted, type Payment, word } from './createMint.ts'
import { paths } from './paths.ts'

/** One challenge of a law, the payment that buys it, and the rig it lives on. */
export type Scene = {
  readonly rig: Rig
  readonly id: string
  readonly minted: Minted
  readonly payment: Payment
}

/** Creates a PENDING challenge. */
export async function open(rig: Rig, overrides?: Partial<ChallengeBase>): Promise<Scene> {
  const minted = rig.mint(overrides)
  const outcome = await rig.store.create(minted.base, { key: 'create' })
  expectKind(outcome, 'applied', 'creating the challenge of this law')
  return { rig, id: minted.base.challengeId, minted, payment: minted.pay() }
}

/** Creates a challenge and leads it to `state` by legal moves; `paid` changes how it was paid. */
export async function bring(rig: Rig, state: State, paid?: ChallengeFields): Promise<Scene> {
  const scene = await open(rig)
  let from: State = 'PENDING'
  for (const to of paths[state]) {
    if (to === 'PAID') await settled(scene, paid)
    else await moved(scene, from, to, usual(scene, to))
    from = to
  }
  return scene
}

/** Reserves and settles, as a gateway does. */
export async function settled(scene: Scene, paid?: ChallengeFields): Promise<ChallengeRecord> {
  const { rig, id, payment } = scene
  const reserved = await rig.store.reserve(id, payment.intent(), { key: 'reserve' })
  expectKind(reserved, 'applied', 'reserving the payment of this law')
  const intent = payment.intent({ stage: 'PAID' })
  const fields = payment.paid({ intent, ...paid })
  const outcome = await rig.store.settle(id, payment.paymentRef, fields, { key: 'settle' })
  return expectKind(outcome, 'applied', 'settling the payment of this law').record
}

/** A move that must be applied. */
export async function moved(
  scene: Scene,
  from: State,
  to: State,
  fields: Move['fields'] = {},
): Promise<ChallengeRecord> {
  const outcome = await move(scene, from, to, fields)
  return expectKind(outcome, 'applied', `moving ${from} to ${to}`).record
}

let keys = 0

/** A move under a key of its own. */
export function move(
  { rig, id }: Scene,
  from: State,
  to: State,
  fields: Move['fields'] = {},
): Promise<Outcome> {
  keys += 1
  return rig.store.transition({ id, from, to, fields, key: `move-${keys}` })
}

/** The record, which must be there. */
export async function read({ rig, id }: Pick<Scene, 'rig' | 'id'>): Promise<ChallengeRecord> {
  return expectDefined(await rig.store.get(id), `the record ${id}`)
}

/** What a move into `to` usually writes. */
export function usual(scene: Scene, to: State): ChallengeFields {
  const now = new Date(scene.rig.clock.nowMs())
  switch (to) {
    case 'DELIVERED':
      return { accessGrant: grantFor(scene), deliveredAt: now }
    case 'REFUND_PENDING':
      return { refund: refundFor(scene) }
    case 'REFUNDED':
      return { refundTxHash: word(0x3000_0000), refundedAt: now }
    case 'REFUND_FAILED':
      return { refundError: 'the payee is blocked' }
    default:
      return {}
  }
}

export function grantFor({ minted, payment }: Scene): AccessGrant {
  const { challengeId, requestId, resourceId, planId } = minted.base
  return {
    type: 'AccessGrant',
    ...{ challengeId, requestId, resourceId, planId },
    accessToken: 'eyJ.token.sig',
    tokenType: 'Bearer',
    txHash: payment.txHash,
  }
}

/** What a backend answered to the one request that a challenge sold. */
export function responseFor(text: string): StoredResponse {
  return { status: 200, headers: [['content-type', 'text/plain']], body: btoa(text) }
}

export function refundFor({ rig, minted, payment }: Scene): RefundProgress {
  const { chainId, token, destination, amountRaw } = minted.base
  return {
    paymentRef: payment.paymentRef,
    sequence: 0,
    stage: 'INTENT',
    chainId,
    token,
    from: destination,
    to: payment.intent().authorization.from,
    value: amountRaw,
    nonce: word(0x4000_0000),
    sinceBlock: 2_000n,
    carriers: [],
    attempts: 0,
    claimedAtMs: rig.clock.nowMs(),
  }
}

/** Everything a store can tell about some challenges and payments. */
type Sight = {
  readonly records: readonly (ChallengeRecord | undefined)[]
  readonly trails: readonly (readonly AuditEntry[])[]
  readonly claims: readonly (PaymentClaim | undefined)[]
  readonly events: readonly AuditEntry[]
}

async function look(store: Rig['store'], scenes: readonly Scene[]): Promise<Sight> {
  return {
    records: await Promise.all(scenes.map(({ id }) => store.get(id))),
    trails: await Promise.all(scenes.map(({ id }) => store.history(id))),
    claims: await Promise.all(scenes.map(({ payment }) => store.getClaim(payment.paymentRef))),
    events: await store.events(0, 10_000),
  }
}

/** Whatever `act` does, records, trails, claims and events stay as they were, for both sides. */
export async function unwritten(scenes: readonly Scene[], act: () => Promise<void>): Promise<void> {
  const { rig } = expectDefined(scenes[0], 'a scene to watch')
  const before = await look(rig.store, scenes)
  await act()
  expectSame(await look(rig.store, scenes), before, 'a refused write leaves everything as it was')
  expectSame(await look(rig.peer, scenes), before, 'the peer sees that nothing was written')
}
