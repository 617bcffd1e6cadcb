import { expectCounts, expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { at, race, reserve, settle, withPaymentOf } from '../payments.ts'
import { bring, open, read } from '../Scene.ts'

export const settleRaceLaws: readonly Case[] = [
  {
    law: 'settle: refusals rank absent before foreign',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      expectKind(await settle({ ...scene, id: 'nobody' }), 'absent', 'another’s payment')
    },
  },
  {
    law: 'settle: refusals rank replayed before lost',
    async prove(rig) {
      const scene = await bring(rig, 'REFUNDED')
      expectKind(await settle(scene, 'again'), 'replayed', 'own payment, not PENDING')
    },
  },
  {
    law: 'settle: refusals rank foreign before lost',
    async prove(rig) {
      const [one, closed] = [await bring(rig, 'PAID'), await bring(rig, 'EXPIRED')]
      expectKind(await settle(withPaymentOf(one, closed)), 'foreign', 'another’s, not PENDING')
    },
  },
  ...[50, 500].map(
    (count): Case => ({
      law: `settle: of ${count} concurrent callers exactly one applies, the rest replay`,
      async prove(rig) {
        const scene = await open(rig)
        await reserve(scene)
        const outcomes = await race(rig, count, (store, i) => settle(scene, `racer-${i}`, store))
        expectCounts(outcomes, { applied: 1, replayed: count - 1 })
        const trail = await rig.store.history(scene.id)
        expectTrue(trail.filter(({ to }) => to === 'PAID').length === 1, 'one purchase is recorded')
      },
    }),
  ),
  ...[50, 500].map(
    (count): Case => ({
      law: `settle: of ${count} challenges racing for one payment exactly one is bought`,
      async prove(rig) {
        const payer = await open(rig)
        const scenes = await Promise.all(Array.from({ length: count }, () => open(rig)))
        const outcomes = await race(rig, count, (store, i) =>
          settle(withPaymentOf(payer, at(scenes, i)), 's', store),
        )
        expectCounts(outcomes, { applied: 1, foreign: count - 1 })
        const records = await Promise.all(scenes.map(read))
        const bought = records.filter(({ state }) => state === 'PAID')
        expectTrue(bought.length === 1, 'one challenge was bought')
        const claim = await rig.store.getClaim(payer.payment.paymentRef)
        expectSame(claim?.challengeId, bought[0]?.challengeId, 'the owner of the payment')
      },
    }),
  ),
  {
    law: 'settle: of 50 payments racing for one challenge exactly one buys it',
    async prove(rig) {
      const scene = await open(rig)
      const payments = Array.from({ length: 50 }, () => scene.minted.pay())
      const outcomes = await race(rig, 50, (store, i) =>
        settle({ ...scene, payment: at(payments, i) }, 's', store),
      )
      expectCounts(outcomes, { applied: 1, lost: 49 })
      const claims = await Promise.all(payments.map((one) => rig.store.getClaim(one.paymentRef)))
      expectTrue(claims.filter(Boolean).length === 1, 'the losers claimed nothing')
    },
  },
]
