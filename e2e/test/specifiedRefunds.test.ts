import { type Fault, faultKinds, flows, runFlow } from '@key0/core/testing'
import { expect, test } from 'vitest'
import { refundAsSpecified, specifiedSteps } from '../crash/specifiedRefunds.ts'

/*
 * The crash points prove nothing unless they can see. The algorithm as it was specified first, on
 * the same chain, store and faults, fails in most cells; ours fails in none.
 */

type Cell = { readonly step: string; readonly fault: Fault; readonly verdict: string }

test('refunds as first specified are caught paying twice or never, with the operator’s retry', async () => {
  expect(await refundAsSpecified(), 'without a fault').toBe('ok')
  const cells: Cell[] = []
  for (const step of specifiedSteps)
    for (const kind of faultKinds) {
      const fault = { call: `refund.${step}`, at: 0, kind }
      cells.push({ step, fault, verdict: await refundAsSpecified(fault) })
    }
  print('as specified', cells)
  expect(cells).toHaveLength(15)
  expect(cells.filter(({ verdict }) => verdict !== 'ok').length).toBeGreaterThanOrEqual(9)
  expect(cells.filter(({ verdict }) => /paid back [2-9]/.test(verdict)).length).toBeGreaterThan(0)
})

test('ours pays back once, whichever of its steps fails in whichever way', async () => {
  const { points } = await runFlow(flows.refunded)
  const last = (call: string): number => points.filter((point) => point === call).length - 1
  const moves = movesAfterClaim(points)
  const steps: readonly (readonly [string, string, number])[] = [
    ['claim', 'store.transition', moves.claim],
    ['prepare', 'payout.sign', last('payout.sign')],
    ['broadcast', 'payout.carry', last('payout.carry')],
    ['receipt', 'chain.observe', last('chain.observe')],
    ['finish', 'store.transition', last('store.transition')],
  ]
  const cells: Cell[] = []
  for (const [step, call, at] of steps)
    for (const kind of faultKinds) {
      const fault = { call, at, kind }
      const { problems } = await runFlow(flows.refunded, [fault])
      cells.push({ step, fault, verdict: problems.join('; ') || 'ok' })
    }
  print('ours', cells)
  expect(cells.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
})

/** The claim is the last transition before the refund looks for obstacles and signs. */
function movesAfterClaim(points: readonly string[]): { readonly claim: number } {
  const before = points.slice(0, points.indexOf('payout.sign'))
  return { claim: before.filter((point) => point === 'store.transition').length - 1 }
}

function print(name: string, cells: readonly Cell[]): void {
  const wrong = cells.filter(({ verdict }) => verdict !== 'ok').length
  const lines = cells.map(({ step, fault, verdict }) => `${step} | ${fault.kind} | ${verdict}`)
  process.stdout.write(`${name}: ${wrong} of ${cells.length} cells fail\n${lines.join('\n')}\n`)
}
