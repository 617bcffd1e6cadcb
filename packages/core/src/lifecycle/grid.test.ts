import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findTransition, states, transitions } from './transitions.ts'

const letterOf = (index: number): string => String.fromCharCode(97 + index)

/** The whole lifecycle as one picture: a letter for every move there is, a dot for every other. */
function drawGrid(): string {
  const width = Math.max(...states.map(({ length }) => length))
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padEnd(i === 0 ? width : (states[i - 1] ?? '').length)).join(' | ')
  const rows = states.map((from) =>
    line([
      from,
      ...states.map((to) => {
        const row = findTransition(from, to)
        return row ? letterOf(transitions.indexOf(row)) : '·'
      }),
    ]),
  )
  const legend = transitions.map(
    ({ trigger, writes }, i) => `${letterOf(i)}  ${trigger}: ${writes.join(', ') || 'nothing'}`,
  )
  const lines = [line(['from \\ to', ...states]), ...rows, '', ...legend]
  return lines.map((text) => text.trimEnd()).join('\n')
}

test('the lifecycle is exactly this picture', () => {
  expect(drawGrid()).toMatchInlineSnapshot(`
    "from \\ to      | PENDING | PAID | DELIVERED | EXPIRED | CANCELLED | REFUND_PENDING | REFUNDED | REFUND_FAILED
    PENDING        | a       | b    | ·         | c       | d         | ·              | ·        | ·
    PAID           | g       | e    | f         | ·       | ·         | h              | ·        | ·
    DELIVERED      | ·       | ·    | ·         | ·       | ·         | ·              | ·        | ·
    EXPIRED        | ·       | ·    | ·         | ·       | ·         | ·              | ·        | ·
    CANCELLED      | ·       | ·    | ·         | ·       | ·         | ·              | ·        | ·
    REFUND_PENDING | ·       | ·    | ·         | ·       | ·         | i              | j        | k
    REFUNDED       | ·       | ·    | ·         | ·       | ·         | ·              | ·        | ·
    REFUND_FAILED  | ·       | l    | ·         | ·       | ·         | ·              | ·        | ·

    a  settlement intent persisted: intent
    b  payment proven on chain: intent, paymentRef, txHash, paidAt, fromAddress, paidBlock, paymentFinal, lease, disposition
    c  deadline passed: nothing
    d  cancelled: nothing
    e  grant or response persisted, lease taken or payment watched: accessGrant, response, lease, intent, txHash, paidBlock, paymentFinal
    f  delivered: accessGrant, response, deliveredAt, lease
    g  payment reorganised away for good: intent, paymentRef, txHash, paidAt, fromAddress, paidBlock, lease
    h  refund claimed: refund, lease
    i  refund progress persisted: refund
    j  refund final on chain: refund, refundTxHash, refundedAt
    k  only a person can resolve it: refund, refundError
    l  operator retried: refundError"
  `)
})

test('the README shows the same picture', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, shown] = /<!-- grid -->\n```text\n([^`]*)\n```\n<!-- \/grid -->/.exec(readme) ?? []
  expect(shown).toBe(drawGrid())
})

test('no move is in the table twice, and all are between known states', () => {
  const moves = transitions.map(({ from, to }) => `${from} ${to}`)
  expect(new Set(moves).size).toBe(moves.length)
  for (const { from, to } of transitions) expect([from, to]).toEqual([from, to].filter(isState))
})

test('nothing leads out of what is final', () => {
  for (const state of ['DELIVERED', 'EXPIRED', 'CANCELLED', 'REFUNDED'] as const)
    expect(transitions.filter(({ from }) => from === state)).toEqual([])
})

function isState(text: string): boolean {
  return states.some((state) => state === text)
}
