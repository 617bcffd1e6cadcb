import type { PaymentRef } from '@key0/core'
import { expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { claimOf, reserve, settle, withPaymentOf } from '../payments.ts'
import { bring, moved, open, read, settled, unwritten } from '../Scene.ts'

const YEAR_MS = 366 * 86_400_000

export const settleLaws: readonly Case[] = [
  {
    law: 'settle: moves to PAID and claims the payment APPLIED in one step',
    async prove(rig) {
      const scene = await open(rig)
      const { record } = expectKind(await settle(scene), 'applied', 'settling without an intent')
      expectSame(record.state, 'PAID', 'the state')
      expectSame(record.paymentRef, scene.payment.paymentRef, 'the payment')
      const { paymentRef } = scene.payment
      const claim = { paymentRef, challengeId: scene.id, disposition: 'APPLIED' }
      expectSame(await rig.peer.getClaim(paymentRef), claim, 'the claim the peer sees')
    },
  },
  {
    law: 'settle: turns its own reservation into a purchase',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      expectKind(await settle(scene), 'applied', 'settling what was reserved')
      expectSame(await claimOf(scene), 'APPLIED', 'the claim')
    },
  },
  ...(['PAID', 'DELIVERED', 'REFUND_PENDING', 'REFUNDED', 'REFUND_FAILED'] as const).map(
    (state): Case => ({
      law: `settle: the payment that bought it is replayed when it is ${state}`,
      async prove(rig) {
        const scene = await bring(rig, state)
        await unwritten([scene], async () => {
          const { record } = expectKind(await settle(scene, 'other key'), 'replayed', state)
          expectSame(record.state, state, 'the state the caller is shown')
        })
      },
    }),
  ),
  {
    law: 'settle: one payment never buys two challenges',
    async prove(rig) {
      const [one, other] = [await open(rig), await open(rig)]
      expectKind(await settle(one), 'applied', 'settling without a reservation')
      await unwritten([one, other], async () => {
        const { owner } = expectKind(await settle(withPaymentOf(one, other)), 'foreign', 'theft')
        expectSame(owner, one.id, 'the owner')
      })
    },
  },
  {
    law: 'settle: a payment reserved by another challenge is foreign',
    async prove(rig) {
      const [one, other] = [await open(rig), await open(rig)]
      await reserve(one)
      await unwritten([one, other], async () => {
        expectKind(await settle(withPaymentOf(one, other)), 'foreign', 'a reserved payment')
      })
    },
  },
  {
    law: 'settle: two payments never buy one challenge',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const second = { ...scene, payment: scene.minted.pay() }
      await unwritten([scene, second], async () => {
        expectKind(await settle(second, 'second'), 'lost', 'a second payment')
      })
    },
  },
  {
    law: 'settle: loses while the intent of another payment is open',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      const second = { ...scene, payment: scene.minted.pay() }
      await unwritten([scene, second], async () => {
        expectKind(await settle(second), 'lost', 'another payment than the open intent’s')
      })
    },
  },
  {
    law: 'settle: after a VOID intent another payment may buy the challenge',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      await moved(scene, 'PENDING', 'PENDING', { intent: scene.payment.intent({ stage: 'VOID' }) })
      const second = { ...scene, payment: scene.minted.pay() }
      expectKind(await settle(second), 'applied', 'another payment')
      expectSame(await claimOf(scene), 'RESERVED', 'the claim of the VOID payment')
    },
  },
  ...[(hash: string) => hash, (hash: string) => hash.toUpperCase().replace('0X', '0x')].map(
    (spell, i): Case => ({
      law: `settle: an older claim under the plain hash is honoured${i ? ', however spelt' : ''}`,
      async prove(rig) {
        const older = await open(rig)
        const { txHash } = older.payment
        const plain = { ...older.payment, paymentRef: txHash.toLowerCase() as PaymentRef }
        expectKind(await settle({ ...older, payment: plain }), 'applied', 'as an older one did')
        const thief = await open(rig)
        await unwritten([older, thief], async () => {
          const { paymentRef } = thief.payment
          const fields = thief.payment.paid()
          const respelt = { ...fields, txHash: spell(txHash) as typeof txHash }
          const outcome = await rig.peer.settle(thief.id, paymentRef, respelt, { key: 'k' })
          const { owner } = expectKind(outcome, 'foreign', 'the same transaction, named anew')
          expectSame(owner, older.id, 'the owner')
        })
      },
    }),
  ),
  {
    law: 'settle: a claim outlives its record by any length of time',
    async prove(rig) {
      const scene = await bring(rig, 'DELIVERED')
      rig.clock.advance(YEAR_MS)
      for (let i = 0; i < 20; i += 1) await open(rig)
      expectTrue((await rig.store.get(scene.id)) === undefined, 'the record is forgotten')
      expectSame(await claimOf(scene), 'APPLIED', 'the claim')
      const { owner } = expectKind(
        await settle(withPaymentOf(scene, await open(rig))),
        'foreign',
        'the same payment a year later',
      )
      expectSame(owner, scene.id, 'the owner')
    },
  },
  {
    law: 'settle: a payment reorganised away goes back to RESERVED and can settle again',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'PENDING', {
        ...{ paymentRef: undefined, txHash: undefined, paidAt: undefined },
        ...{ fromAddress: undefined, paidBlock: undefined, intent: scene.payment.intent() },
      })
      expectSame(await claimOf(scene), 'RESERVED', 'the claim')
      const thief = withPaymentOf(scene, await open(rig))
      expectKind(await settle(thief), 'foreign', 'the payment for another challenge')
      expectKind(await reserve(scene, 'anew'), 'replayed', 'reserving it again')
      expectKind(await settle(scene, 'settle-again'), 'applied', 'settling again')
      expectSame(await claimOf(scene), 'APPLIED', 'the claim')
    },
  },
  {
    law: 'settle: a reorganisation is undone whole by a losing race',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const { version } = await read(scene)
      await unwritten([scene], async () => {
        const stale = { id: scene.id, from: 'PAID', to: 'PENDING', key: 'reorg' } as const
        const outcome = await rig.store.transition({ ...stale, version: version - 1 })
        expectKind(outcome, 'lost', 'a reorganisation seen at an older version')
      })
    },
  },
  {
    law: 'settle: a reservation whose record was cancelled is lost, and stays reserved',
    async prove(rig) {
      const scene = await open(rig)
      await reserve(scene)
      await moved(scene, 'PENDING', 'PENDING', { intent: scene.payment.intent({ stage: 'VOID' }) })
      await moved(scene, 'PENDING', 'CANCELLED')
      await unwritten([scene], async () => {
        expectKind(await settle(scene), 'lost', 'a payment that came after all')
      })
      await settled(await open(rig))
    },
  },
]
