import type { AuditEntry, State } from '@key0/core'
import { expectSame, expectTrue } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { bring, move, moved, open, read, refundFor } from '../Scene.ts'

const fromTo = (trail: readonly AuditEntry[]): readonly (readonly [State | null, State])[] =>
  trail.map(({ from, to }) => [from, to])

const sequences = (entries: readonly AuditEntry[]): readonly number[] =>
  entries.map(({ sequence }) => sequence)

const allEvents = (rig: Rig) => rig.peer.events(0, 10_000)

export const auditLaws: readonly Case[] = [
  {
    law: 'history: starts with the creation, from null',
    async prove(rig) {
      const { base } = rig.mint()
      await rig.store.create(base, { key: 'k1', actor: 'agent', reason: 'asked for a price' })
      const [entry, ...more] = await rig.peer.history(base.challengeId)
      const { sequence, ...rest } = entry ?? ({} as AuditEntry)
      expectTrue(sequence > 0 && more.length === 0, 'there is one entry, with a positive sequence')
      expectSame(
        rest,
        {
          ...{ challengeId: base.challengeId, version: 1, from: null, to: 'PENDING', key: 'k1' },
          ...{ at: new Date(rig.clock.nowMs()), actor: 'agent' },
          ...{ reason: 'asked for a price', wrote: [] },
        },
        'the entry of the creation',
      )
    },
  },
  {
    law: 'history: tells every move in order, with one version each',
    async prove(rig) {
      const { id } = await bring(rig, 'REFUND_FAILED')
      const trail = await rig.peer.history(id)
      expectSame(
        fromTo(trail),
        [
          [null, 'PENDING'],
          ['PENDING', 'PENDING'],
          ['PENDING', 'PAID'],
          ['PAID', 'REFUND_PENDING'],
          ['REFUND_PENDING', 'REFUND_FAILED'],
        ],
        'the trail',
      )
      expectSame(
        trail.map(({ version }) => version),
        [1, 2, 3, 4, 5],
        'the versions',
      )
      const rising = sequences(trail).every((one, i, all) => i === 0 || one > (all[i - 1] ?? 0))
      expectTrue(rising, 'sequences rise')
    },
  },
  {
    law: 'history: names the key, the actor and the reason of reserving and settling',
    async prove(rig) {
      const { id, payment } = await open(rig)
      const who = { actor: 'gateway-7', reason: 'the buyer paid' }
      await rig.store.reserve(id, payment.intent(), { key: 'r', ...who })
      await rig.store.settle(id, payment.paymentRef, payment.paid(), { key: 's', ...who })
      const trail = (await rig.peer.history(id)).slice(1)
      const told = trail.map(({ key, actor, reason }) => ({ key, actor, reason }))
      expectSame(
        told,
        [
          { key: 'r', ...who },
          { key: 's', ...who },
        ],
        'who did it and why',
      )
      expectSame(trail[0]?.wrote, ['intent'], 'what reserving wrote')
      expectTrue(trail[1]?.wrote.includes('paymentRef') === true, 'settling wrote the paymentRef')
    },
  },
  {
    law: 'history: says key0 when no actor is named, and no reason when none is given',
    async prove(rig) {
      const { id } = await open(rig)
      const [entry] = await rig.peer.history(id)
      expectSame(entry?.actor, 'key0', 'the actor')
      expectTrue(entry !== undefined && !('reason' in entry), 'there is no reason')
    },
  },
  {
    law: 'history: names what was written, never its value',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'PAID', { held: 'a secret reason' })
      const trail = await rig.peer.history(scene.id)
      expectSame(trail.at(-1)?.wrote, ['held'], 'what was written')
      expectTrue(!JSON.stringify(trail).includes('secret'), 'no value is in the trail')
    },
  },
  {
    law: 'history: a refused write leaves no trace',
    async prove(rig) {
      const scene = await bring(rig, 'CANCELLED')
      const before = await rig.store.history(scene.id)
      await move(scene, 'PENDING', 'EXPIRED')
      await rig.store.transition({ id: scene.id, from: 'PAID', to: 'PAID', key: 'k' })
      await rig.store.reserve(scene.id, scene.payment.intent(), { key: 'late' })
      expectSame(await rig.peer.history(scene.id), before, 'the trail')
    },
  },
  {
    law: 'history: entries of one challenge never show up in another’s',
    async prove(rig) {
      const [one, other] = [await bring(rig, 'PAID'), await bring(rig, 'CANCELLED')]
      const entries = [...(await rig.peer.history(one.id)), ...(await rig.peer.history(other.id))]
      const owners = entries.map(({ challengeId }) => challengeId)
      const expected = [one.id, one.id, one.id, other.id, other.id]
      expectSame(owners, expected, 'whose entries they are')
    },
  },
  {
    law: 'history: 50 racing writers leave one unbroken row of versions',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { id } = scene
      await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? rig.store : rig.peer).transition({
            ...{ id, from: 'PAID', to: 'PAID', key: `w${i}` },
            fields: { held: `by ${i}` },
          }),
        ),
      )
      const versions = (await rig.store.history(id)).map(({ version }) => version)
      expectSame(
        versions,
        Array.from({ length: 53 }, (_, i) => i + 1),
        'the versions',
      )
      expectSame((await read(scene)).version, 53, 'the version of the record')
    },
  },
  {
    law: 'events: one stream over all challenges, in the order it happened',
    async prove(rig) {
      const [one, two] = [await open(rig), await open(rig)]
      await moved(two, 'PENDING', 'CANCELLED')
      await moved(one, 'PENDING', 'EXPIRED')
      const seen = (await allEvents(rig)).map(({ challengeId, to }) => [challengeId, to])
      const expected = [
        [one.id, 'PENDING'],
        [two.id, 'PENDING'],
        [two.id, 'CANCELLED'],
        [one.id, 'EXPIRED'],
      ]
      expectSame(seen, expected, 'the stream')
    },
  },
  {
    law: 'events: holds the very entries of the histories',
    async prove(rig) {
      const { id } = await bring(rig, 'REFUNDED')
      expectSame(await allEvents(rig), await rig.store.history(id), 'the stream of one challenge')
    },
  },
  {
    law: 'events: continues after a sequence, which is exclusive, and stops at the limit',
    async prove(rig) {
      await bring(rig, 'REFUNDED')
      const all = await allEvents(rig)
      const paged: AuditEntry[] = []
      for (let pages = 0; pages <= all.length; pages += 1) {
        const page = await rig.peer.events(paged.at(-1)?.sequence ?? 0, 2)
        expectTrue(page.length <= 2, 'a page is as long as the limit at most')
        if (page.length === 0) break
        paged.push(...page)
      }
      expectSame(paged, all, 'the stream, read by pages of two')
    },
  },
  {
    law: 'events: postponing a visit is none',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const before = await allEvents(rig)
      const visit = new Date(rig.clock.nowMs() + 1)
      await rig.store.postpone(scene.id, (await read(scene)).version, visit)
      expectSame(await allEvents(rig), before, 'the stream')
    },
  },
  {
    law: 'events: a reader that follows racing writers misses nothing',
    async prove(rig) {
      const seen: AuditEntry[] = []
      const follow = async () => {
        seen.push(...(await rig.peer.events(seen.at(-1)?.sequence ?? 0, 7)))
      }
      for (let round = 0; round < 10; round += 1) {
        const writers = Array.from({ length: 5 }, (_, i) =>
          (i % 2 ? rig.store : rig.peer).create(rig.mint().base, { key: 'create' }),
        )
        await Promise.all([...writers, follow()])
      }
      while (seen.length < 50) {
        const before = seen.length
        await follow()
        expectTrue(seen.length > before, 'the stream goes on until every creation was seen')
      }
      expectSame(seen, await allEvents(rig), 'what the reader saw')
    },
  },
  {
    law: 'ack: remembers how far each consumer came, and starts at 0',
    async prove(rig) {
      expectSame(await rig.peer.acked('webhooks'), 0, 'a consumer that never said anything')
      await rig.store.ack('webhooks', 3)
      await rig.store.ack('ledger', 9)
      expectSame(await rig.peer.acked('webhooks'), 3, 'the one consumer')
      expectSame(await rig.peer.acked('ledger'), 9, 'the other')
      await rig.store.ack('webhooks', 5)
      expectSame(await rig.peer.acked('webhooks'), 5, 'after it went on')
    },
  },
  {
    law: 'ack: a late acknowledgement never takes a consumer back',
    async prove(rig) {
      await rig.store.ack('webhooks', 7)
      await rig.peer.ack('webhooks', 4)
      expectSame(await rig.store.acked('webhooks'), 7, 'how far it came')
    },
  },
  {
    law: 'ack: hides nothing from anybody',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
      const all = await allEvents(rig)
      await rig.store.ack('webhooks', all.at(-1)?.sequence ?? 0)
      expectSame(await allEvents(rig), all, 'the stream')
    },
  },
]
