import { Key0Error, type Outcome } from '@key0/core'

/** A law that a store does not keep: the message says what was expected and what was seen. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken'
}

type OutcomeOf<kind extends Outcome['kind']> = Extract<Outcome, { readonly kind: kind }>

/** The outcome, known to be of `kind` from here on. */
export function expectKind<kind extends Outcome['kind']>(
  outcome: Outcome,
  kind: kind,
  what: string,
): OutcomeOf<kind> {
  if (outcome.kind !== kind) throw new LawBroken(`${what}: expected ${kind}, saw ${show(outcome)}`)
  return outcome as OutcomeOf<kind>
}

/** How many of the outcomes are of each kind; kinds that are not named must not occur. */
export function expectCounts(
  outcomes: readonly Outcome[],
  expected: { readonly [kind in Outcome['kind']]?: number },
): void {
  const counts: Partial<Record<Outcome['kind'], number>> = {}
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1
  expectSame(counts, expected, `the kinds of ${outcomes.length} outcomes`)
}

/** Both hold the same data. A field that is `undefined` counts as a field that is not there. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const difference = firstDifference(actual, expected, '')
  if (difference !== undefined) throw new LawBroken(`${what}: ${difference}`)
}

export function expectTrue(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(`${what}: it does not hold`)
}

export function expectDefined<value>(value: value | undefined, what: string): value {
  if (value === undefined) throw new LawBroken(`${what}: expected to find it, saw nothing`)
  return value
}

/** The call must reject with TRANSITION_ILLEGAL, not answer. */
export async function expectIllegal(call: Promise<unknown>, what: string): Promise<void> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('value' in answer)
    throw new LawBroken(`${what}: expected TRANSITION_ILLEGAL, saw ${show(answer.value)}`)
  if (!Key0Error.is(answer.error, 'TRANSITION_ILLEGAL'))
    throw new LawBroken(`${what}: expected TRANSITION_ILLEGAL, saw ${String(answer.error)}`)
}

export async function expectRejects(call: () => Promise<unknown>, what: string): Promise<void> {
  const answered = await Promise.resolve()
    .then(call)
    .then(
      () => true,
      () => false,
    )
  if (answered) throw new LawBroken(`${what}: expected an error, saw an answer`)
}

function firstDifference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined
  const at = path === '' ? '' : `at ${path.replace(/^\./, '')} `
  const differs = `${at}expected ${show(expected)}, saw ${show(actual)}`
  if (actual instanceof Date && expected instanceof Date)
    return actual.getTime() === expected.getTime() ? undefined : differs
  if (!isTree(actual) || !isTree(expected)) return differs
  if (Array.isArray(actual) !== Array.isArray(expected)) return differs
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length !== expected.length)
    return `${at}expected ${expected.length} items, saw ${actual.length}: ${show(actual)}`
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const difference = firstDifference(own(actual, name), own(expected, name), `${path}.${name}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Date)
}

function own(tree: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(tree, name)?.value
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? `${inner}n` : inner,
  )
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
