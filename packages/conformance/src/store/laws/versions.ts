import type { Move } from '@key0/core'
import { expectCounts, expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { bring, grantFor, moved, open, read, refundFor, unwritten } from '../Scene.ts'

export const versionLaws: readonly Case[] = [
  {
    law: 'version: a move is applied at exactly the version it was decided at',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      const move = { id: scene.id, from: 'PAID', to: 'PAID' } as const
      await unwritten([scene], async () => {
        for (const stale of [version - 1, version + 1]) {
          const outcome = await rig.store.transition({ ...move, key: 'stale', version: stale })
          expectSame(expectKind(outcome, 'lost', 'stale').record.version, version, 'its version')
        }
      })
      const outcome = await rig.peer.transition({ ...move, key: 'fresh', version })
      expectSame(expectKind(outcome, 'applied', 'fresh').record.version, version + 1, 'the version')
    },
  },
  {
    law: 'version: of 50 workers taking a lease at one version exactly one gets it',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      const untilMs = rig.clock.nowMs() + 30_000
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? rig.store : rig.peer).transition({
            ...{ id: scene.id, from: 'PAID', to: 'PAID', key: `lease-${i}`, version },
            fields: { lease: { holder: `worker-${i}`, untilMs } },
          }),
        ),
      )
      expectCounts(outcomes, { applied: 1, lost: 49 })
    },
  },
  {
    law: 'version: of a delivery and a refund that race exactly one happens',
    async prove(rig) {
      for (let round = 0; round < 10; round += 1) {
        const scene = await bring(rig, 'PAID')
        const { id } = scene
        const delivery = () =>
          rig.store.transition({
            ...{ id, from: 'PAID', to: 'DELIVERED', key: 'deliver' },
            fields: { accessGrant: grantFor(scene), deliveredAt: new Date(rig.clock.nowMs()) },
          })
        const refund = () =>
          rig.peer.transition({
            ...{ id, from: 'PAID', to: 'REFUND_PENDING', key: 'refund' },
            fields: { refund: refundFor(scene) },
          })
        const racers = round % 2 ? [delivery, refund] : [refund, delivery]
        expectCounts(await Promise.all(racers.map((run) => run())), { applied: 1, lost: 1 })
      }
    },
  },
  {
    law: 'version: of a settlement and a cancellation that race exactly one happens',
    async prove(rig) {
      for (let round = 0; round < 10; round += 1) {
        const scene = await open(rig)
        const { id, payment } = scene
        const cancel = () =>
          rig.peer.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
        const settle = () =>
          rig.store.settle(id, payment.paymentRef, payment.paid(), { key: 'settle' })
        const racers = round % 2 ? [cancel, settle] : [settle, cancel]
        expectCounts(await Promise.all(racers.map((run) => run())), { applied: 1, lost: 1 })
      }
    },
  },
  {
    law: 'version: 50 workers under one key make one move; the rest replay it',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? rig.store : rig.peer).transition({
            ...{ id: scene.id, from: 'PAID', to: 'REFUND_PENDING', key: 'refund' },
            fields: { refund: refundFor(scene) },
          }),
        ),
      )
      expectCounts(outcomes, { applied: 1, replayed: 49 })
    },
  },
  {
    law: 'version: a replay is known although the record has moved on',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const grant: Move = {
        ...{ id: scene.id, from: 'PAID' as const, to: 'PAID' as const, key: 'grant' },
        fields: { accessGrant: grantFor(scene) },
      }
      expectKind(await rig.store.transition(grant), 'applied', 'storing the grant')
      await moved(scene, 'PAID', 'DELIVERED', { deliveredAt: new Date(rig.clock.nowMs()) })
      await unwritten([scene], async () => {
        const again = expectKind(await rig.peer.transition(grant), 'replayed', 'its lost reply')
        expectSame(again.record.state, 'DELIVERED', 'the state now')
      })
    },
  },
  {
    law: 'version: a replay ranks before lost, whatever version it names',
    async prove(rig) {
      const scene = await open(rig)
      const { version } = await read(scene)
      const move = { id: scene.id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' } as const
      await rig.store.transition({ ...move, version })
      const again = await rig.store.transition({ ...move, version })
      expectKind(again, 'replayed', 'the same call again, its version long gone')
    },
  },
  {
    law: 'version: one key on two challenges is two attempts',
    async prove(rig) {
      const scenes = [await open(rig), await open(rig)]
      for (const { id } of scenes) {
        const move = { id, from: 'PENDING', to: 'CANCELLED', key: 'nightly-run' } as const
        expectKind(await rig.store.transition(move), 'applied', 'the same key, another challenge')
      }
    },
  },
  {
    law: 'version: rises by one with every write of any kind',
    async prove(rig) {
      const scene = await bring(rig, 'REFUNDED')
      const trail = await rig.store.history(scene.id)
      const versions = trail.map(({ version }) => version)
      expectSame(versions, [1, 2, 3, 4, 5], 'the versions of the trail')
      expectSame((await read(scene)).version, 5, 'the version of the record')
    },
  },
  {
    law: 'postpone: moves the next visit and the version, nothing else, and is not audited',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const before = await read(scene)
      const trail = await rig.store.history(scene.id)
      const nextVisitAt = new Date(rig.clock.nowMs() + 77_777)
      const outcome = await rig.store.postpone(scene.id, before.version, nextVisitAt)
      const { record } = expectKind(outcome, 'applied', 'postponing')
      const { updatedAt: _, ...rest } = { ...before, nextVisitAt, version: before.version + 1 }
      const { updatedAt: __, ...seen } = record
      expectSame(seen, rest, 'the record in the outcome')
      expectSame(await rig.peer.get(scene.id), record, 'the record the peer reads')
      expectSame(await rig.peer.history(scene.id), trail, 'the audit trail')
    },
  },
  {
    law: 'postpone: can note that the payment became final, and nothing is due any more',
    async prove(rig) {
      const scene = await bring(rig, 'DELIVERED', { paymentFinal: false })
      const { version } = await read(scene)
      const visit = new Date(rig.clock.nowMs())
      const trail = await rig.store.history(scene.id)
      const outcome = await rig.store.postpone(scene.id, version, visit, { paymentFinal: true })
      const { record } = expectKind(outcome, 'applied', 'noting that it is final')
      expectSame(record.paymentFinal, true, 'what the outcome says')
      expectSame(await rig.peer.get(scene.id), record, 'the record the peer reads')
      expectSame(await rig.peer.due(visit, 9), [], 'what is due')
      expectSame(await rig.peer.history(scene.id), trail, 'the audit trail')
    },
  },
  {
    law: 'postpone: loses at any other version',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      await unwritten([scene], async () => {
        for (const stale of [version - 1, version + 1]) {
          const outcome = await rig.store.postpone(scene.id, stale, new Date(rig.clock.nowMs()))
          expectKind(outcome, 'lost', `postponing at ${stale}, being at ${version}`)
        }
      })
    },
  },
  {
    law: 'postpone: of 50 workers postponing one visit exactly one does',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      const visit = new Date(rig.clock.nowMs() + 1_000)
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? rig.store : rig.peer).postpone(scene.id, version, visit),
        ),
      )
      expectCounts(outcomes, { applied: 1, lost: 49 })
    },
  },
  {
    law: 'postpone: the next move ends what was agreed for the state before it',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      await rig.store.postpone(scene.id, version, new Date(rig.clock.nowMs() + 77_777))
      const record = await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      expectTrue(!('nextVisitAt' in record), 'the visit is gone from the outcome')
      expectTrue(!('nextVisitAt' in (await read(scene))), 'the visit is gone from the record')
    },
  },
]
