import { defaultRetention, type State } from '@key0/core'
import { expectSame, expectTrue } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { bring, grantFor, moved, open, read, refundFor, type Scene } from '../Scene.ts'

const YEAR_MS = 366 * 86_400_000
const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds } = defaultRetention

/** Time passes, and other challenges come and go: stores clean up when they are used. */
async function pass(rig: Rig, ms: number): Promise<void> {
  rig.clock.advance(ms)
  for (let i = 0; i < 5; i += 1) await open(rig)
}

async function isThere({ rig, id }: Scene): Promise<boolean> {
  const [here, there] = [await rig.store.get(id), await rig.peer.get(id)]
  expectSame(here?.challengeId, there?.challengeId, 'both connections see the same')
  return here !== undefined
}

function forgets(state: State, afterSeconds: number): Case {
  return {
    law: `retention: a challenge that is ${state} is kept for its time, and no longer`,
    async prove(rig) {
      const scene = await bring(rig, state)
      await pass(rig, afterSeconds * 1000 - 1)
      expectTrue(await isThere(scene), 'one millisecond before, it is there')
      await pass(rig, 1)
      expectTrue(!(await isThere(scene)), 'then it is forgotten')
    },
  }
}

function keeps(law: string, arrange: (rig: Rig) => Promise<Scene>): Case {
  return {
    law: `retention: ${law} is never forgotten`,
    async prove(rig) {
      const scene = await arrange(rig)
      const before = await read(scene)
      const trail = await rig.store.history(scene.id)
      for (let years = 0; years < 3; years += 1) await pass(rig, 10 * YEAR_MS)
      expectSame(await rig.peer.get(scene.id), before, 'the record thirty years later')
      expectSame(await rig.peer.history(scene.id), trail, 'its audit trail')
      const { requestId, scope } = before
      const named = await rig.store.findActiveByRequestId(requestId, scope)
      const live = before.state !== 'EXPIRED' && before.state !== 'CANCELLED'
      if (live) expectSame(named?.challengeId, scene.id, 'what its request id names')
    },
  }
}

export const retentionLaws: readonly Case[] = [
  forgets('PENDING', pendingTTLSeconds),
  forgets('EXPIRED', recordTTLSeconds),
  forgets('CANCELLED', recordTTLSeconds),
  forgets('REFUNDED', recordTTLSeconds),
  forgets('DELIVERED', deliveredTTLSeconds),
  keeps('money that was paid', (rig) => bring(rig, 'PAID')),
  keeps('a refund under way', (rig) => bring(rig, 'REFUND_PENDING')),
  keeps('a refund that failed', (rig) => bring(rig, 'REFUND_FAILED')),
  keeps('a settlement under way', async (rig) => {
    const scene = await open(rig)
    await rig.store.reserve(scene.id, scene.payment.intent(), { key: 'reserve' })
    return scene
  }),
  keeps('a delivery whose payment is not final', (rig) =>
    bring(rig, 'DELIVERED', { paymentFinal: false }),
  ),
  keeps('a cancelled challenge that is held', async (rig) => {
    const scene = await open(rig)
    await moved(scene, 'PENDING', 'CANCELLED', { held: 'late money' })
    return scene
  }),
  keeps('a refunded challenge that is held', async (rig) => {
    const scene = await bring(rig, 'REFUND_PENDING')
    const refundedAt = new Date(rig.clock.nowMs())
    await moved(scene, 'REFUND_PENDING', 'REFUNDED', { refundedAt, held: 'paid twice?' })
    return scene
  }),
  keeps('a payment that was reorganised back to its intent', async (rig) => {
    const scene = await bring(rig, 'PAID')
    await moved(scene, 'PAID', 'PENDING', {
      ...{ paymentRef: undefined, paidAt: undefined, txHash: undefined },
      intent: scene.payment.intent({ stage: 'OPEN' }),
    })
    return scene
  }),
  {
    law: 'retention: a delivery is kept from its delivery, not from its creation',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await pass(rig, YEAR_MS)
      const accessGrant = grantFor(scene)
      const deliveredAt = new Date(rig.clock.nowMs())
      await moved(scene, 'PAID', 'DELIVERED', { accessGrant, deliveredAt })
      await pass(rig, deliveredTTLSeconds * 1000 - 1)
      expectTrue(await isThere(scene), 'the buyer can still ask for it')
    },
  },
  {
    law: 'retention: what nobody ever tried to pay goes when unpaid challenges go',
    retention: { pendingTTLSeconds: 3_600 },
    async prove(rig) {
      const unpaid = [await open(rig), await open(rig), await open(rig)] as const
      await moved(unpaid[1], 'PENDING', 'EXPIRED')
      await moved(unpaid[2], 'PENDING', 'CANCELLED')
      const tried = await open(rig)
      const { payment } = tried
      await rig.store.reserve(tried.id, payment.intent(), { key: 'reserve' })
      const intent = payment.intent({ stage: 'VOID', voidReason: 'AUTHORIZATION_EXPIRED' })
      await moved(tried, 'PENDING', 'PENDING', { intent })
      await moved(tried, 'PENDING', 'EXPIRED')
      await pass(rig, 3_600_000 - 1)
      for (const scene of unpaid) expectTrue(await isThere(scene), 'before, it is there')
      await pass(rig, 1)
      for (const scene of unpaid) expectTrue(!(await isThere(scene)), 'then it is forgotten')
      await pass(rig, recordTTLSeconds * 1000 - 3_600_001)
      expectTrue(await isThere(tried), 'whoever tried to pay can still ask')
      await pass(rig, 1)
      expectTrue(!(await isThere(tried)), 'and not for ever')
    },
  },
  {
    law: 'retention: a buyer whose refund took weeks can still ask where it went',
    async prove(rig) {
      const scene = await bring(rig, 'REFUND_PENDING')
      await pass(rig, YEAR_MS)
      const refundedAt = new Date(rig.clock.nowMs())
      await moved(scene, 'REFUND_PENDING', 'REFUNDED', { refundedAt })
      await pass(rig, deliveredTTLSeconds * 1000 - 1)
      expectTrue(await isThere(scene), 'as long as a delivery is kept')
      await pass(rig, 1)
      expectTrue(!(await isThere(scene)), 'then it is forgotten')
    },
  },
  {
    law: 'retention: what was forgotten can be paid for no more',
    async prove(rig) {
      const { id, payment } = await open(rig)
      await pass(rig, pendingTTLSeconds * 1000)
      const reserved = await rig.store.reserve(id, payment.intent(), { key: 'reserve' })
      expectSame(reserved.kind, 'absent', 'reserving')
      const move = { id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' } as const
      expectSame((await rig.peer.transition(move)).kind, 'absent', 'cancelling')
    },
  },
  {
    law: 'retention: the request id names a challenge for as long as it is live, then is free',
    async prove(rig) {
      const scene = await bring(rig, 'DELIVERED')
      const { requestId, scope } = scene.minted.base
      await pass(rig, deliveredTTLSeconds * 1000 - 1)
      const kept = await rig.peer.findActiveByRequestId(requestId, scope)
      expectSame(kept?.challengeId, scene.id, 'what it names while the delivery is kept')
      await pass(rig, 1)
      const gone = await rig.peer.findActiveByRequestId(requestId, scope)
      expectTrue(gone === undefined, 'it names nothing once the delivery is forgotten')
      await open(rig, { requestId })
    },
  },
  {
    law: 'retention: forgetting an old challenge leaves its successor’s request id alone',
    async prove(rig) {
      const old = await bring(rig, 'CANCELLED')
      const { requestId, scope } = old.minted.base
      const successor = await open(rig, { requestId })
      await rig.store.reserve(successor.id, successor.payment.intent(), { key: 'reserve' })
      await pass(rig, recordTTLSeconds * 1000)
      expectTrue(!(await isThere(old)), 'the old one is forgotten')
      const found = await rig.peer.findActiveByRequestId(requestId, scope)
      expectSame(found?.challengeId, successor.id, 'what the request id names')
    },
  },
  {
    law: 'retention: the trail of money outlives its record',
    async prove(rig) {
      const scene = await bring(rig, 'REFUNDED')
      const trail = await rig.store.history(scene.id)
      await pass(rig, YEAR_MS)
      expectTrue(!(await isThere(scene)), 'the record is forgotten')
      expectSame(await rig.peer.history(scene.id), trail, 'its audit trail')
    },
  },
  {
    law: 'retention: an unfinished refund is found by its worker after years',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      await pass(rig, YEAR_MS)
      const [first] = await rig.peer.due(new Date(rig.clock.nowMs()), 1)
      expectSame(first?.challengeId, scene.id, 'the longest overdue')
    },
  },
]
