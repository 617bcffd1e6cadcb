import { expectCounts, expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { at, claimOf, race, reserve, withPaymentOf } from '../payments.ts'
import { bring, moved, open, read, unwritten } from '../Scene.ts'

export const reserveLaws: readonly Case[] = [
  {
    law: 'reserve: stores the intent and claims its payment RESERVED in one step',
    async prove(rig) {
      const scene = await open(rig)
      const { record } = expectKind(await reserve(scene), 'applied', 'reserving')
      expectSame(record.intent, scene.payment.intent(), 'the intent')
      expectSame(record.state, 'PENDING', 'the state')
      const { paymentRef } = scene.payment
      const claim = { paymentRef, challengeId: scene.id, disposition: 'RESERVED' }
      expectSame(await rig.peer.getClaim(paymentRef), claim, 'the claim the peer sees')
    },
  },
  {
    law: 'reserve: the same payment again is replayed, also under another key',
    async prove(rig) {
      const scene = await open(rig)
      const { record } = expectKind(await reserve(scene), 'applied', 'reserving')
      await unwritten([scene], async () => {
        expectKind(await reserve(scene), 'replayed', 'the same call')
        const again = await reserve(scene, 'another-gateway', rig.peer)
        expectSame(expectKind(again, 'replayed', 'another caller').record, record, 'the record')
      })
    },
  },
  {
    law: 'reserve: the payment that already bought this challenge is replayed',
    async prove(rig) {
      for (const state of ['PAID', 'DELIVERED', 'REFUND_PENDING'] as const) {
        const scene = await bring(rig, state)
        await unwritten([scene], async () => {
          const { record } = expectKind(await reserve(scene, 'again'), 'replayed', state)
          expectSame(record.state, state, 'the state the caller is shown')
        })
      }
    },
  },
  {
    law: 'reserve: one authorization never works for two challenges',
    async prove(rig) {
      const [one, other] = [await open(rig), await open(rig)]
      await reserve(one)
      await unwritten([one, other], async () => {
        const { owner } = expectKind(await reserve(withPaymentOf(one, other)), 'foreign', 'theft')
        expectSame(owner, one.id, 'the owner')
      })
    },
  },
  {
    law: 'reserve: loses while the intent of another payment is open',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      const second = { ...scene, payment: scene.minted.pay() }
      await unwritten([scene, second], async () => {
        expectKind(await reserve(second, 'second'), 'lost', 'a second authorization')
      })
    },
  },
  ...(['PAID', 'DELIVERED', 'EXPIRED', 'CANCELLED', 'REFUND_PENDING', 'REFUNDED'] as const).map(
    (state): Case => ({
      law: `reserve: loses on a challenge that is ${state}, and claims nothing`,
      async prove(rig) {
        const scene = await bring(rig, state)
        const fresh = { ...scene, payment: scene.minted.pay() }
        await unwritten([scene, fresh], async () => {
          const { record } = expectKind(await reserve(fresh, 'late'), 'lost', state)
          expectSame(record.state, state, 'the state the loser is shown')
        })
      },
    }),
  ),
  {
    law: 'reserve: after a VOID intent a new one may follow, and the old claim stays',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      await moved(scene, 'PENDING', 'PENDING', { intent: scene.payment.intent({ stage: 'VOID' }) })
      const second = { ...scene, payment: scene.minted.pay() }
      const { record } = expectKind(await reserve(second, 'second'), 'applied', 'the next intent')
      expectSame(record.intent, second.payment.intent(), 'the intent')
      expectSame(await claimOf(scene), 'RESERVED', 'the claim of the VOID payment')
      const thief = withPaymentOf(scene, await open(rig))
      expectKind(await reserve(thief), 'foreign', 'the VOID payment for another challenge')
    },
  },
  {
    law: 'reserve: refusals rank absent before foreign',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      expectKind(await reserve({ ...scene, id: 'nobody' }), 'absent', 'another’s payment')
    },
  },
  {
    law: 'reserve: refusals rank replayed before lost',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      expectKind(await reserve(scene, 'again'), 'replayed', 'own payment, not PENDING')
    },
  },
  {
    law: 'reserve: refusals rank foreign before lost',
    async prove(rig) {
      const [one, closed] = [await open(rig), await bring(rig, 'CANCELLED')]
      await reserve(one)
      expectKind(await reserve(withPaymentOf(one, closed)), 'foreign', 'another’s, not PENDING')
    },
  },
  {
    law: 'reserve: of 50 challenges racing for one payment exactly one gets it',
    async prove(rig) {
      const payer = await open(rig)
      const scenes = await Promise.all(Array.from({ length: 50 }, () => open(rig)))
      const outcomes = await race(rig, 50, (store, i) =>
        reserve(withPaymentOf(payer, at(scenes, i)), 'race', store),
      )
      expectCounts(outcomes, { applied: 1, foreign: 49 })
      const records = await Promise.all(scenes.map(read))
      expectTrue(records.filter(({ intent }) => intent).length === 1, 'one intent was stored')
    },
  },
  {
    law: 'reserve: of 50 payments racing for one challenge exactly one gets it',
    async prove(rig) {
      const scene = await open(rig)
      const payments = Array.from({ length: 50 }, () => scene.minted.pay())
      const outcomes = await race(rig, 50, (store, i) =>
        reserve({ ...scene, payment: at(payments, i) }, 'r', store),
      )
      expectCounts(outcomes, { applied: 1, lost: 49 })
      const claims = await Promise.all(payments.map((one) => rig.store.getClaim(one.paymentRef)))
      expectTrue(claims.filter(Boolean).length === 1, 'the losers claimed nothing')
    },
  },
]
