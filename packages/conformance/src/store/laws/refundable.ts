import { expectKind, expectSame } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import {
  bring,
  grantFor,
  moved,
  open,
  read,
  refundFor,
  responseFor,
  type Scene,
  settled,
} from '../Scene.ts'

const MINUTE_MS = 60_000

/** What may be refunded of everything paid before `agoMs` ago, as the peer sees it. */
const refundable = async (rig: Rig, agoMs = -1, limit = 100): Promise<readonly string[]> => {
  const cutoff = new Date(rig.clock.nowMs() - agoMs)
  const found = await rig.peer.findPendingForRefund(cutoff, limit)
  return found.map(({ challengeId }) => challengeId)
}

const change = (scene: Scene, fields: Parameters<typeof moved>[3]) =>
  moved(scene, 'PAID', 'PAID', fields)

export const refundableLaws: readonly Case[] = [
  {
    law: 'findPendingForRefund: finds what was paid before the cutoff, which is exclusive',
    async prove(rig) {
      const { id } = await bring(rig, 'PAID')
      rig.clock.advance(MINUTE_MS)
      expectSame(await refundable(rig, MINUTE_MS), [], 'paid exactly at the cutoff')
      expectSame(await refundable(rig, MINUTE_MS - 1), [id], 'paid one millisecond before it')
    },
  },
  ...(
    [
      'PENDING',
      'DELIVERED',
      'EXPIRED',
      'CANCELLED',
      'REFUND_PENDING',
      'REFUNDED',
      'REFUND_FAILED',
    ] as const
  ).map(
    (state): Case => ({
      law: `findPendingForRefund: never finds a challenge that is ${state}`,
      async prove(rig) {
        await bring(rig, state)
        rig.clock.advance(MINUTE_MS)
        expectSame(await refundable(rig), [], 'what may be refunded')
      },
    }),
  ),
  {
    law: 'findPendingForRefund: never finds what has a grant',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await change(scene, { accessGrant: grantFor(scene) })
      expectSame(await refundable(rig), [], 'what may be refunded')
    },
  },
  {
    law: 'findPendingForRefund: never finds what has a response',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await change(scene, { response: responseFor('stored') })
      expectSame(await refundable(rig), [], 'what may be refunded')
    },
  },
  {
    law: 'findPendingForRefund: finds a sold request that was not answered, by its resource',
    async prove(rig) {
      const resource = { method: 'GET', path: '/reports/1', query: '' }
      const scene = await open(rig, { resource })
      await settled(scene)
      const [found] = await rig.peer.findPendingForRefund(new Date(rig.clock.nowMs() + 1), 1)
      expectSame(found?.resource, resource, 'the request that was sold')
    },
  },
  {
    law: 'findPendingForRefund: never finds held money, and finds it again once released',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await change(scene, { held: 'for review' })
      expectSame(await refundable(rig), [], 'while it is held')
      await change(scene, { held: undefined })
      expectSame(await refundable(rig), [scene.id], 'once it is released')
    },
  },
  {
    law: 'findPendingForRefund: never finds a payment without a known payer',
    async prove(rig) {
      const { id, payment } = await open(rig)
      const { fromAddress: _, ...fields } = payment.paid()
      await rig.store.settle(id, payment.paymentRef, fields, { key: 'settle' })
      expectSame(await refundable(rig), [], 'what may be refunded')
    },
  },
  {
    law: 'findPendingForRefund: waits for a lease to end, to the millisecond',
    async prove(rig) {
      const untilMs = rig.clock.nowMs() + MINUTE_MS
      const { id } = await bring(rig, 'PAID', { lease: { holder: 'gateway-1', untilMs } })
      rig.clock.advance(MINUTE_MS - 1)
      expectSame(await refundable(rig), [], 'while somebody is delivering')
      rig.clock.advance(1)
      expectSame(await refundable(rig), [id], 'when the lease has ended')
    },
  },
  {
    law: 'findPendingForRefund: a lease that is renewed after it ended hides it again',
    async prove(rig) {
      const until = (ms: number) => ({ holder: 'gateway-1', untilMs: rig.clock.nowMs() + ms })
      const scene = await bring(rig, 'PAID', { lease: until(MINUTE_MS) })
      rig.clock.advance(MINUTE_MS)
      expectSame(await refundable(rig), [scene.id], 'when the lease has ended')
      await change(scene, { lease: until(MINUTE_MS) })
      expectSame(await refundable(rig), [], 'while it is renewed')
      await change(scene, { lease: undefined })
      expectSame(await refundable(rig), [scene.id], 'once it is given back')
    },
  },
  {
    law: 'findPendingForRefund: the oldest payment first, whatever order they were written in',
    async prove(rig) {
      const agesMs = [3, 1, 5, 2, 4]
      const scenes: Scene[] = []
      for (const age of agesMs)
        scenes.push(await bring(rig, 'PAID', { paidAt: new Date(rig.clock.nowMs() - age) }))
      const expected = [2, 4, 0, 3, 1].map((i) => scenes[i]?.id)
      expectSame(await refundable(rig), expected, 'the order')
      expectSame(await refundable(rig, -1, 2), expected.slice(0, 2), 'the first two')
    },
  },
  {
    law: 'findPendingForRefund: any number of leased ones never hides one that is not',
    async prove(rig) {
      const lease = { holder: 'gateway-1', untilMs: rig.clock.nowMs() + MINUTE_MS }
      for (let i = 0; i < 30; i += 1) await bring(rig, 'PAID', { lease })
      rig.clock.advance(1)
      const { id } = await bring(rig, 'PAID')
      expectSame(await refundable(rig, -1, 2), [id], 'what may be refunded')
    },
  },
  {
    law: 'findPendingForRefund: a claimed refund leaves the set with the claim',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      expectSame(await refundable(rig), [], 'after the claim')
    },
  },
  {
    law: 'findPendingForRefund: a refund that an operator retries comes back',
    async prove(rig) {
      const scene = await bring(rig, 'REFUND_FAILED')
      await moved(scene, 'REFUND_FAILED', 'PAID', { refundError: undefined })
      expectSame(await refundable(rig), [scene.id], 'after the retry')
    },
  },
  {
    law: 'findPendingForRefund: a payment reorganised away leaves the set',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const gone = { paymentRef: undefined, txHash: undefined, paidAt: undefined }
      await moved(scene, 'PAID', 'PENDING', { ...gone, fromAddress: undefined })
      expectSame(await refundable(rig), [], 'after the reorganisation')
    },
  },
  {
    law: 'findPendingForRefund: postponing a visit does not hide it',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      const visit = new Date(rig.clock.nowMs() + MINUTE_MS)
      expectKind(await rig.store.postpone(scene.id, version, visit), 'applied', 'postponing')
      expectSame(await refundable(rig), [scene.id], 'what may be refunded')
    },
  },
  {
    law: 'findPendingForRefund: returns whole records',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const cutoff = new Date(rig.clock.nowMs() + 1)
      const [found] = await rig.peer.findPendingForRefund(cutoff, 1)
      expectSame(found, await read(scene), 'the record')
    },
  },
]
