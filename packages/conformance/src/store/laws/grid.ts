import { findTransition, type State, states } from '@key0/core'
import { expectIllegal } from '../assert.ts'
import type { Case } from '../Case.ts'
import { bring, open, unwritten } from '../Scene.ts'
import { rowLaws } from './rows.ts'

/** One law for every empty cell of the lifecycle's grid, and several for every filled one. */
export const gridLaws: readonly Case[] = [
  ...states.flatMap((from) =>
    states.flatMap((to) => {
      const row = findTransition(from, to)
      return row ? rowLaws(row) : [emptyCell(from, to)]
    }),
  ),
  {
    law: 'transition: PENDING to PAID is illegal here; only settle spends a payment',
    async prove(rig) {
      const scene = await open(rig)
      const { id, payment } = scene
      await unwritten([scene], () =>
        expectIllegal(
          rig.store.transition({
            ...{ id, from: 'PENDING', to: 'PAID', key: 'k' },
            fields: { ...payment.paid(), paymentRef: payment.paymentRef },
          }),
          'PENDING to PAID by transition',
        ),
      )
    },
  },
]

function emptyCell(from: State, to: State): Case {
  return {
    law: `transition: ${from} to ${to} does not exist`,
    async prove(rig) {
      const scene = await bring(rig, from)
      await unwritten([scene], () =>
        expectIllegal(
          rig.store.transition({ id: scene.id, from, to, key: 'k' }),
          `${from} to ${to}`,
        ),
      )
    },
  }
}
