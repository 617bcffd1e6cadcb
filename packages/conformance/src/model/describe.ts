import type { Call } from './Call.ts'

/** A call in one line, as one would write it. */
export function describe(call: Call): string {
  switch (call.op) {
    case 'create':
      return `create(${text(call.base, call.attempt)})`
    case 'reserve':
      return `reserve(${text(call.id, call.intent.paymentRef, call.attempt)})`
    case 'settle':
      return `settle(${text(call.id, call.paymentRef, call.fields, call.attempt)})`
    case 'transition':
      return `transition(${text(call.move)})`
    case 'postpone':
      return `postpone(${text(call.id, call.version, call.nextVisitAt, call.facts)})`
  }
}

/** Values as text: what JSON has no word for is spelt out, and long texts are cut. */
export function text(...values: readonly unknown[]): string {
  return values
    .filter((value) => value !== undefined)
    .map((value) => JSON.stringify(value, spell))
    .join(', ')
}

function spell(_: string, value: unknown): unknown {
  if (value === undefined) return '(removed)'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string' && value.length > 60)
    return `${value.slice(0, 28)}…${value.slice(-28)}`
  return value
}
