import { expectCounts, expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { bring, move, moved, open, read, settled, unwritten } from '../Scene.ts'

const PAST_DEADLINE_MS = 16 * 60_000

export const createLaws: readonly Case[] = [
  {
    law: 'create: stores a PENDING record at version 1 with exactly the fields given',
    async prove({ store, peer, clock, mint }) {
      const { base } = mint()
      const outcome = await store.create(base, { key: 'create' })
      const { record } = expectKind(outcome, 'applied', 'creating')
      const updatedAt = new Date(clock.nowMs())
      const expected = { ...base, state: 'PENDING', version: 1, schemaVersion: 1, updatedAt }
      expectSame(record, expected, 'the record in the outcome')
      expectSame(await store.get(base.challengeId), expected, 'the record read back')
      expectSame(await peer.get(base.challengeId), expected, 'the record the peer reads')
    },
  },
  {
    law: 'create: the same scope and request id is replayed with the record that exists',
    async prove(rig) {
      const scene = await open(rig)
      const { requestId } = scene.minted.base
      const first = await read(scene)
      await unwritten([scene], async () => {
        for (const store of [rig.store, rig.peer]) {
          const { base } = rig.mint({ requestId, amount: '$9', amountRaw: 9_000_000n })
          const again = await store.create(base, { key: 'another' })
          expectSame(expectKind(again, 'replayed', 'the same request').record, first, 'the record')
          expectTrue((await store.get(base.challengeId)) === undefined, 'no second record exists')
        }
      })
    },
  },
  {
    law: 'create: the same request id in another scope is another challenge',
    async prove(rig) {
      const one = await open(rig, { requestId: 'r', scope: 'seller|alice|route' })
      const two = await open(rig, { requestId: 'r', scope: 'seller|bob|route' })
      const found = await rig.peer.findActiveByRequestId('r', 'seller|alice|route')
      expectSame(found?.challengeId, one.id, 'the challenge of the first scope')
      const other = await rig.peer.findActiveByRequestId('r', 'seller|bob|route')
      expectSame(other?.challengeId, two.id, 'the challenge of the second scope')
    },
  },
  {
    law: 'create: scope and request id never run into each other',
    async prove(rig) {
      const pairs = [
        ['a', 'b:c'],
        ['a:b', 'c'],
        ['a', 'b\nc'],
        ['a\nb', 'c'],
        ['a', 'b","c'],
        ['a","b', 'c'],
        ['', 'a'],
        ['a', ''],
      ] as const
      for (const [scope, requestId] of pairs) await open(rig, { scope, requestId })
    },
  },
  {
    law: 'create: an id that exists is replayed, whatever request it comes with',
    async prove(rig) {
      const scene = await open(rig)
      const first = await read(scene)
      const { base } = rig.mint({ challengeId: scene.id, requestId: 'quite-another' })
      await unwritten([scene], async () => {
        const outcome = await rig.store.create(base, { key: 'another' })
        expectSame(expectKind(outcome, 'replayed', 'the same id').record, first, 'the record')
      })
      const { scope } = base
      const found = await rig.store.findActiveByRequestId('quite-another', scope)
      expectTrue(found === undefined, 'the other request id names nothing')
    },
  },
  ...(['EXPIRED', 'CANCELLED'] as const).map(
    (state): Case => ({
      law: `create: takes the place of a challenge that is ${state}`,
      async prove(rig) {
        const old = await bring(rig, state)
        const { requestId, scope } = old.minted.base
        const fresh = await open(rig, { requestId })
        const found = await rig.peer.findActiveByRequestId(requestId, scope)
        expectSame(found?.challengeId, fresh.id, 'what the request id names now')
        expectSame((await read(old)).state, state, 'the old record stays as it was')
      },
    }),
  ),
  {
    law: 'create: takes the place of a PENDING challenge at its deadline, not before',
    async prove(rig) {
      const old = await open(rig)
      const { requestId, scope, expiresAt } = old.minted.base
      rig.clock.advance(expiresAt.getTime() - rig.clock.nowMs() - 1)
      const early = await rig.store.create(rig.mint({ requestId }).base, { key: 'early' })
      expectKind(early, 'replayed', 'one millisecond before the deadline')
      rig.clock.advance(1)
      const gone = await rig.peer.findActiveByRequestId(requestId, scope)
      expectTrue(gone === undefined, 'at the deadline the request id names nothing')
      const fresh = await open(rig, { requestId })
      const found = await rig.peer.findActiveByRequestId(requestId, scope)
      expectSame(found?.challengeId, fresh.id, 'what the request id names now')
      expectSame((await read(old)).state, 'PENDING', 'the old record is still there')
    },
  },
  {
    law: 'create: never takes the place of a challenge whose settlement is under way',
    async prove(rig) {
      const old = await open(rig)
      await rig.store.reserve(old.id, old.payment.intent(), { key: 'reserve' })
      rig.clock.advance(PAST_DEADLINE_MS)
      const { requestId } = old.minted.base
      await unwritten([old], async () => {
        const outcome = await rig.peer.create(rig.mint({ requestId }).base, { key: 'again' })
        const { record } = expectKind(outcome, 'replayed', 'creating past the deadline')
        expectSame(record.challengeId, old.id, 'the challenge that is being paid')
      })
    },
  },
  {
    law: 'create: takes the place of one past its deadline whose intent was proven VOID',
    async prove(rig) {
      const old = await open(rig)
      await rig.store.reserve(old.id, old.payment.intent(), { key: 'reserve' })
      const intent = old.payment.intent({ stage: 'VOID', voidReason: 'AUTHORIZATION_EXPIRED' })
      await moved(old, 'PENDING', 'PENDING', { intent })
      rig.clock.advance(PAST_DEADLINE_MS)
      await open(rig, { requestId: old.minted.base.requestId })
    },
  },
  ...(['PAID', 'DELIVERED', 'REFUND_PENDING', 'REFUNDED', 'REFUND_FAILED'] as const).map(
    (state): Case => ({
      law: `create: never takes the place of a challenge that is ${state}`,
      async prove(rig) {
        const old = await bring(rig, state)
        rig.clock.advance(PAST_DEADLINE_MS)
        const { requestId, scope } = old.minted.base
        const outcome = await rig.store.create(rig.mint({ requestId }).base, { key: 'again' })
        const { record } = expectKind(outcome, 'replayed', `creating beside ${state}`)
        expectSame(record.challengeId, old.id, 'the challenge that exists')
        const found = await rig.peer.findActiveByRequestId(requestId, scope)
        expectSame(found?.challengeId, old.id, 'what the request id names')
      },
    }),
  ),
  {
    law: 'create: closing an old challenge does not disturb the one that took its place',
    async prove(rig) {
      const old = await open(rig)
      rig.clock.advance(PAST_DEADLINE_MS)
      const { requestId, scope } = old.minted.base
      const fresh = await open(rig, { requestId })
      await moved(old, 'PENDING', 'EXPIRED')
      const found = await rig.store.findActiveByRequestId(requestId, scope)
      expectSame(found?.challengeId, fresh.id, 'what the request id names')
    },
  },
  {
    law: 'create: a late payment for a replaced challenge still finds its own record',
    async prove(rig) {
      const old = await open(rig)
      rig.clock.advance(PAST_DEADLINE_MS)
      await open(rig, { requestId: old.minted.base.requestId })
      expectSame((await settled(old)).challengeId, old.id, 'the challenge that was bought')
    },
  },
  {
    law: 'create: of 50 concurrent callers exactly one applies, and all see one record',
    async prove({ store, peer, mint }) {
      const bases = Array.from({ length: 50 }, () => mint({ requestId: 'raced' }).base)
      const outcomes = await Promise.all(
        bases.map((base, i) => (i % 2 ? store : peer).create(base, { key: `racer-${i}` })),
      )
      expectCounts(outcomes, { applied: 1, replayed: 49 })
      const ids = outcomes.map((one) => ('record' in one ? one.record.challengeId : ''))
      expectTrue(new Set(ids).size === 1, 'all racers are shown the same challenge')
      expectTrue((await store.events(0, 1_000)).length === 1, 'one creation was recorded')
      const found = await Promise.all(bases.map(({ challengeId }) => peer.get(challengeId)))
      expectTrue(found.filter(Boolean).length === 1, 'one record exists')
    },
  },
  {
    law: 'create: 50 concurrent callers with different requests all apply',
    async prove({ store, peer, mint }) {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          (i % 2 ? store : peer).create(mint().base, { key: 'create' }),
        ),
      )
      expectCounts(outcomes, { applied: 50 })
    },
  },
  {
    law: 'create: what does not exist is absent, in every operation',
    async prove({ store, mint, clock }) {
      const payment = mint().pay()
      const key = 'k'
      expectTrue((await store.get('nobody')) === undefined, 'get finds nothing')
      const found = await store.findActiveByRequestId('nothing', 'nowhere')
      expectTrue(found === undefined, 'findActiveByRequestId finds nothing')
      expectCounts(
        [
          await store.reserve('nobody', payment.intent(), { key }),
          await store.settle('nobody', payment.paymentRef, payment.paid(), { key }),
          await store.transition({ id: 'nobody', from: 'PENDING', to: 'CANCELLED', key }),
          await store.postpone('nobody', 1, new Date(clock.nowMs())),
        ],
        { absent: 4 },
      )
      expectSame(await store.getClaim(payment.paymentRef), undefined, 'no claim was written')
      expectSame(await store.history('nobody'), [], 'nobody has no history')
    },
  },
  {
    law: 'create: a move that loses does not stop a later one under another key',
    async prove(rig) {
      const scene = await open(rig)
      expectKind(await move(scene, 'PAID', 'PAID'), 'lost', 'a move from the wrong state')
      await moved(scene, 'PENDING', 'CANCELLED')
    },
  },
]
