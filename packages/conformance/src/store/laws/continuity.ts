import type { Continuity, Heartbeat, Remembered } from '@key0/core'
import { expectDefined, expectSame, expectTrue } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { bring, move, moved, open, read } from '../Scene.ts'

const QUIET_MS = 60_000

let names = 0

function beat(store: Rig['store'], changes: Partial<Heartbeat> = {}): Promise<Continuity> {
  names += 1
  return store.beat({ beatId: `deployment-${names}`, quietMs: QUIET_MS, ...changes })
}

/** Lets the deployment be silent, and answers the beat that notices it. */
async function beSilent({ store, clock }: Rig): Promise<Continuity> {
  await beat(store)
  clock.advance(QUIET_MS + 1)
  return beat(store)
}

const toRemembered = ({ deploymentId, highestEvent, aliveAt }: Continuity): Remembered => ({
  deploymentId,
  highestEvent,
  aliveAt,
})

export const continuityLaws: readonly Case[] = [
  {
    law: 'continuity: the first beat names the data, and everybody sees that name from then on',
    async prove({ store, peer, clock }) {
      const first = await beat(store, { beatId: 'the-first' })
      expectSame(first.deploymentId, 'the-first', 'the name')
      expectSame(first.aliveAt, new Date(clock.nowMs()), 'the sign of life')
      const other = await beat(peer, { beatId: 'the-second' })
      expectSame(other.deploymentId, 'the-first', 'the name the peer sees')
      expectSame(other.lineage, first.lineage, 'the lineage the peer sees')
      expectSame([other.silence, other.break], [undefined, undefined], 'nothing happened')
    },
  },
  {
    law: 'continuity: twenty first beats at once agree on one name',
    async prove({ store, peer }) {
      const beats = Array.from({ length: 20 }, (_, i) => beat(i % 2 === 0 ? store : peer))
      const seen = await Promise.all(beats)
      expectSame(new Set(seen.map(({ deploymentId }) => deploymentId)).size, 1, 'the names')
      expectTrue(
        seen.every((each) => each.break === undefined && each.silence === undefined),
        'nobody noticed a loss',
      )
    },
  },
  {
    law: 'continuity: the highest event rises with every write of the trail, not with reads',
    async prove(rig) {
      const empty = await beat(rig.store)
      const scene = await open(rig)
      const [created] = await rig.store.events(0, 10)
      const afterCreate = await beat(rig.peer)
      expectTrue(afterCreate.highestEvent > empty.highestEvent, 'creating raised it')
      const sequence = expectDefined(created, 'the event of the creation').sequence
      expectTrue(afterCreate.highestEvent >= sequence, 'it is not below an event that was seen')
      await read(scene)
      const afterRead = await beat(rig.store)
      expectSame(afterRead.highestEvent, afterCreate.highestEvent, 'after reading')
      await moved(scene, 'PENDING', 'CANCELLED')
      expectTrue(
        (await beat(rig.store)).highestEvent > afterRead.highestEvent,
        'cancelling raised it',
      )
    },
  },
  {
    law: 'continuity: an old memory of the same data is no loss',
    async prove(rig) {
      const first = await beat(rig.store)
      await bring(rig, 'PAID')
      const second = await beat(rig.store, { remembered: toRemembered(first) })
      expectSame(second.break, undefined, 'a loss')
      const third = await beat(rig.peer, { remembered: toRemembered(second) })
      expectSame(third.break, undefined, 'a loss')
    },
  },
  {
    law: 'continuity: a process that remembers more events than there are has noticed a loss',
    async prove({ store, peer, clock }) {
      const before = await beat(store)
      clock.advance(2_000)
      const remembered = { ...toRemembered(before), highestEvent: before.highestEvent + 1 }
      const after = await beat(store, { remembered })
      const expected = { since: before.aliveAt, until: new Date(clock.nowMs()), cause: 'events' }
      expectSame(after.break, expected, 'the loss')
      clock.advance(2_000)
      expectSame((await beat(peer)).break, expected, 'the loss as the peer sees it later')
    },
  },
  {
    law: 'continuity: a process whose sign of life is gone has noticed a loss, though later ones are there',
    async prove({ store, peer, clock }) {
      await beat(store)
      clock.advance(1_000)
      const own = await beat(store, { beatId: 'mine' })
      clock.advance(1_000)
      const known = await beat(peer, { remembered: { ...toRemembered(own), beatId: 'mine' } })
      expectSame(known.break, undefined, 'a loss, as long as it is there')
      const lost = { ...toRemembered(own), highestEvent: 0, beatId: 'gone' }
      const after = await beat(peer, { remembered: lost })
      expectSame(after.break?.cause, 'events', 'the loss')
    },
  },
  {
    law: 'continuity: a loss soon after another begins where that one began',
    async prove({ store, peer, clock }) {
      const before = await beat(store)
      const more = { ...toRemembered(before), highestEvent: before.highestEvent + 1 }
      clock.advance(2_000)
      const first = await beat(store, { remembered: more })
      clock.advance(60_000)
      const here = await beat(peer)
      clock.advance(2_000)
      const again = { ...toRemembered(here), highestEvent: here.highestEvent + 1 }
      const second = await beat(store, { remembered: again })
      expectSame(second.break?.since, first.break?.since, 'where it begins')
      expectSame(second.break?.until, new Date(clock.nowMs()), 'where it ends')
    },
  },
  {
    law: 'continuity: a process that remembers other data has noticed a loss',
    async prove({ store, peer, clock }) {
      const aliveAt = new Date(clock.nowMs() - 30_000)
      const remembered = { deploymentId: 'the-lost', highestEvent: 0, aliveAt }
      const after = await beat(store, { remembered })
      const until = new Date(clock.nowMs())
      expectSame(after.break, { since: aliveAt, until, cause: 'deployment' }, 'the loss')
      expectTrue(after.deploymentId !== 'the-lost', 'the lost name is not taken on')
      expectSame((await beat(peer)).break, after.break, 'the loss as the peer sees it')
    },
  },
  {
    law: 'continuity: a pause as long as allowed is no silence, a longer one is',
    async prove({ store, peer, clock }) {
      const first = await beat(store)
      clock.advance(QUIET_MS)
      const second = await beat(peer)
      expectSame(second.silence, undefined, 'a silence after a pause that is allowed')
      clock.advance(QUIET_MS + 1)
      const third = await beat(store)
      expectTrue(first.aliveAt < second.aliveAt, 'every beat is a sign of life')
      const expected = { since: second.aliveAt, until: new Date(clock.nowMs()) }
      expectSame(third.silence, expected, 'the silence')
    },
  },
  {
    law: 'continuity: a silence stays until it is examined, and the next one makes it longer',
    async prove(rig) {
      const noticed = await beSilent(rig)
      rig.clock.advance(5_000)
      expectSame((await beat(rig.peer)).silence, noticed.silence, 'the silence, one beat later')
      rig.clock.advance(QUIET_MS + 1)
      const longer = await beat(rig.store)
      const expected = { since: noticed.silence?.since, until: new Date(rig.clock.nowMs()) }
      expectSame(longer.silence, expected, 'the silence after another one')
    },
  },
  {
    law: 'continuity: a silence in which nothing was lost is over once examined',
    async prove(rig) {
      const { silence } = await beSilent(rig)
      const { until } = expectDefined(silence, 'the silence')
      const after = await beat(rig.peer, { examined: { until, paymentsMissing: false } })
      expectSame([after.silence, after.break], [undefined, undefined], 'silence and loss')
      expectSame((await beat(rig.store)).silence, undefined, 'the silence as the other sees it')
    },
  },
  {
    law: 'continuity: a silence in which payments are missing is a loss',
    async prove(rig) {
      const { silence } = await beSilent(rig)
      const { since, until } = expectDefined(silence, 'the silence')
      rig.clock.advance(1_000)
      const after = await beat(rig.peer, { examined: { until, paymentsMissing: true } })
      expectSame(after.silence, undefined, 'the silence')
      expectSame(after.break, { since, until, cause: 'payments' }, 'the loss')
      expectSame((await beat(rig.store)).break, after.break, 'the loss as the other sees it')
    },
  },
  {
    law: 'continuity: what was found out about one silence says nothing about another',
    async prove(rig) {
      const { silence } = await beSilent(rig)
      const { until } = expectDefined(silence, 'the silence')
      rig.clock.advance(QUIET_MS + 1)
      const longer = await beat(rig.store)
      const after = await beat(rig.peer, { examined: { until, paymentsMissing: false } })
      expectSame(after.silence, longer.silence, 'the longer silence is still not examined')
    },
  },
  {
    law: 'continuity: the end of the last loss never goes back',
    async prove(rig) {
      const { silence } = await beSilent(rig)
      const { until } = expectDefined(silence, 'the silence')
      rig.clock.advance(1_000)
      const here = await beat(rig.store)
      const remembered = { ...toRemembered(here), highestEvent: here.highestEvent + 7 }
      const lost = await beat(rig.peer, { remembered })
      expectSame(lost.break?.until, new Date(rig.clock.nowMs()), 'the end of the loss')
      expectSame(lost.silence, undefined, 'a known loss ends the silence')
      const late = await beat(rig.store, { examined: { until, paymentsMissing: true } })
      expectSame(late.break, lost.break, 'the loss after an answer that comes too late')
    },
  },
  {
    law: 'continuity: a record keeps when it was released, and what money bought nothing',
    async prove(rig) {
      const disposition = 'UNMATCHED'
      const held = 'nobody recorded it'
      const scene = await open(rig)
      const { payment, id } = scene
      const fields = payment.paid({ disposition, held })
      await rig.store.settle(id, payment.paymentRef, fields, { key: 'adopt' })
      const stray = await read(scene)
      expectSame([stray.disposition, stray.held], [disposition, held], 'the fields')
      const waiting = await rig.store.findPendingForRefund(new Date(8.64e15), 10)
      expectSame(waiting, [], 'held money does not go back')
      const releasedAt = new Date(rig.clock.nowMs())
      await moved(scene, 'PAID', 'PAID', { held: undefined, releasedAt })
      const [found] = await rig.peer.findPendingForRefund(new Date(8.64e15), 10)
      expectSame(found?.releasedAt, releasedAt, 'the release, as the peer finds it')
      expectSame(found?.disposition, disposition, 'the disposition, as the peer finds it')
      const outcome = await move(scene, 'PAID', 'REFUND_PENDING')
      expectSame(outcome.kind, 'applied', 'released money may go back')
    },
  },
]
