import type { ChallengeRecord } from '@key0/core'
import { expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { at } from '../payments.ts'
import { bring, moved, open, read, refundFor, type Scene } from '../Scene.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const ids = (records: readonly ChallengeRecord[]): readonly string[] =>
  records.map(({ challengeId }) => challengeId)

/** What is due `inMs` from now, as the peer sees it. */
const dueIn = async (rig: Rig, inMs: number, limit = 100): Promise<readonly string[]> =>
  ids(await rig.peer.due(new Date(rig.clock.nowMs() + inMs), limit))

const postpone = async (scene: Scene, inMs: number): Promise<void> => {
  const { version } = await read(scene)
  const visit = new Date(scene.rig.clock.nowMs() + inMs)
  expectKind(await scene.rig.store.postpone(scene.id, version, visit), 'applied', 'postponing')
}

export const dueLaws: readonly Case[] = [
  {
    law: 'due: an unpaid challenge is due at its deadline, to the millisecond',
    async prove(rig) {
      const { id } = await open(rig)
      expectSame(await dueIn(rig, 15 * MINUTE_MS - 1), [], 'one millisecond before')
      expectSame(await dueIn(rig, 15 * MINUTE_MS), [id], 'at the deadline')
    },
  },
  {
    law: 'due: an unresolved settlement is due at once',
    async prove(rig) {
      const { id, payment } = await open(rig)
      await rig.store.reserve(id, payment.intent(), { key: 'reserve' })
      expectSame(await dueIn(rig, 0), [id], 'what is due now')
    },
  },
  ...(['PAID', 'REFUND_PENDING', 'REFUND_FAILED'] as const).map(
    (state): Case => ({
      law: `due: a challenge that is ${state} is due at once`,
      async prove(rig) {
        const { id } = await bring(rig, state)
        expectSame(await dueIn(rig, 0), [id], 'what is due now')
      },
    }),
  ),
  ...(['EXPIRED', 'CANCELLED', 'REFUNDED', 'DELIVERED'] as const).map(
    (state): Case => ({
      law: `due: a challenge that is ${state} is never due`,
      async prove(rig) {
        await bring(rig, state)
        expectSame(await dueIn(rig, 5 * DAY_MS), [], 'what is due later')
      },
    }),
  ),
  {
    law: 'due: a delivery whose payment is not final is watched',
    async prove(rig) {
      const { id } = await bring(rig, 'DELIVERED', { paymentFinal: false })
      expectSame(await dueIn(rig, 0), [id], 'what is due now')
    },
  },
  {
    law: 'due: a visit that was agreed on is respected, to the millisecond',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await postpone(scene, MINUTE_MS)
      expectSame(await dueIn(rig, MINUTE_MS - 1), [], 'one millisecond before the visit')
      expectSame(await dueIn(rig, MINUTE_MS), [scene.id], 'at the visit')
    },
  },
  {
    law: 'due: a visit named by a move is respected as well',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const nextVisitAt = new Date(rig.clock.nowMs() + MINUTE_MS)
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene), nextVisitAt })
      expectSame(await dueIn(rig, MINUTE_MS - 1), [], 'before the visit')
      expectSame(await dueIn(rig, MINUTE_MS), [scene.id], 'at the visit')
    },
  },
  {
    law: 'due: the next move clears the visit',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await postpone(scene, MINUTE_MS)
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      expectSame(await dueIn(rig, 0), [scene.id], 'what is due after the move')
    },
  },
  {
    law: 'due: a record leaves with the move that leaves nothing to do',
    async prove(rig) {
      const scene = await open(rig)
      await moved(scene, 'PENDING', 'CANCELLED')
      expectSame(await dueIn(rig, DAY_MS), [], 'what is due after cancelling')
    },
  },
  {
    law: 'due: the longest overdue comes first, whatever order they were written in',
    async prove(rig) {
      const scenes: Scene[] = []
      for (let i = 0; i < 7; i += 1) scenes.push(await bring(rig, 'PAID'))
      const delays = [5, 2, 7, 1, 6, 3, 4]
      for (const [i, scene] of scenes.entries()) await postpone(scene, delays[i] as number)
      const expected = [3, 1, 5, 6, 0, 4, 2].map((i) => scenes[i]?.id)
      expectSame(await dueIn(rig, 10), expected, 'the order')
      expectSame(await dueIn(rig, 10, 3), expected.slice(0, 3), 'the first three')
      expectSame(await dueIn(rig, 4), expected.slice(0, 4), 'those due by then')
    },
  },
  {
    law: 'due: instants far apart are ordered as numbers, not as text',
    async prove(rig) {
      const late = await open(rig, { expiresAt: new Date(Date.UTC(2286, 10, 21)) })
      const early = await open(rig, { expiresAt: new Date(Date.UTC(2001, 1, 1)) })
      const found = ids(await rig.peer.due(new Date(Date.UTC(2300, 1, 1)), 10))
      expectSame(found, [early.id, late.id], 'the order')
    },
  },
  {
    law: 'due: postponing those at the head lets the others through',
    async prove(rig) {
      const scenes: Scene[] = []
      for (let i = 0; i < 6; i += 1) {
        rig.clock.advance(1)
        scenes.push(await bring(rig, 'PAID'))
      }
      const order = scenes.map(({ id }) => id)
      expectSame(await dueIn(rig, 0, 3), order.slice(0, 3), 'the first three')
      for (const scene of scenes.slice(0, 3)) await postpone(scene, MINUTE_MS)
      expectSame(await dueIn(rig, 0, 3), order.slice(3), 'the next three')
    },
  },
  {
    law: 'due: a record that is forgotten is not due',
    async prove(rig) {
      await open(rig)
      rig.clock.advance(8 * DAY_MS)
      const { id } = await bring(rig, 'PAID')
      expectSame(await dueIn(rig, 0), [id], 'what is due a week later')
    },
  },
  {
    law: 'due: forgotten records hide a living one for a few rounds at most',
    async prove(rig) {
      for (let i = 0; i < 30; i += 1) await open(rig)
      const scene = await bring(rig, 'PAID')
      await postpone(scene, 8 * DAY_MS)
      rig.clock.advance(8 * DAY_MS)
      for (let round = 0; round < 10; round += 1)
        if ((await dueIn(rig, 0, 4)).includes(scene.id)) return
      expectSame(await dueIn(rig, 0, 4), [scene.id], 'what is due after ten rounds of four')
    },
  },
  {
    law: 'due: forgotten records standing first never make a page short',
    async prove(rig) {
      const limit = 5
      for (let i = 0; i < 3 * limit; i += 1) await open(rig)
      rig.clock.advance(DAY_MS)
      const living: string[] = []
      for (let i = 0; i < limit + 1; i += 1) {
        rig.clock.advance(1)
        const { id } = await bring(rig, i % 2 === 0 ? 'PAID' : 'REFUND_PENDING')
        living.push(id)
      }
      rig.clock.advance(7 * DAY_MS)
      expectSame(await dueIn(rig, 0, limit), living.slice(0, limit), 'the first page')
    },
  },
  {
    law: 'due: of one state, the longest overdue of that state come first',
    async prove(rig) {
      const crowd: Scene[] = []
      for (let i = 0; i < 30; i += 1) crowd.push(await bring(rig, 'PAID'))
      rig.clock.advance(1)
      const refunds = [await bring(rig, 'REFUND_PENDING'), await bring(rig, 'REFUND_PENDING')]
      await postpone(at(refunds, 0), 2)
      const pending = await open(rig, { expiresAt: new Date(rig.clock.nowMs() + 1) })
      const now = new Date(rig.clock.nowMs() + 2)
      const found = ids(await rig.peer.due(now, 2, 'REFUND_PENDING'))
      expectSame(found, [at(refunds, 1).id, at(refunds, 0).id], 'the refunds')
      expectSame(ids(await rig.peer.due(now, 2, 'PENDING')), [pending.id], 'the unpaid ones')
      expectSame(await rig.peer.due(now, 2, 'REFUNDED'), [], 'those that are never due')
      const head = new Set(ids(await rig.peer.due(now, 2)))
      expectTrue(crowd.filter(({ id }) => head.has(id)).length === 2, 'without a state, the crowd')
    },
  },
  {
    law: 'due: a record leaves the due of its old state with the move',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      const now = new Date(rig.clock.nowMs())
      expectSame(ids(await rig.peer.due(now, 9, 'PAID')), [], 'what is PAID and due')
      expectSame(ids(await rig.peer.due(now, 9, 'REFUND_PENDING')), [scene.id], 'the refund')
    },
  },
  {
    law: 'due: returns whole records',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const [found] = await rig.peer.due(new Date(rig.clock.nowMs()), 1)
      expectSame(found, await read(scene), 'the record that is due')
    },
  },
]
