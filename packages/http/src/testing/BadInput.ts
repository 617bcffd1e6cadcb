import type { ErrorCode } from '@key0/core'
import type { Draft } from './Draft.ts'

/** One thing wrong with a request that is otherwise right, and the answer it must get. */
export type BadInput = {
  readonly name: string
  /**
   * Whose word the refusal is: the HTTP handler's own, or that of the engine behind it. A test with
   * a stand-in engine can only show that the engine's word arrives.
   */
  readonly decidedBy: 'surface' | 'engine'
  readonly status: number
  readonly code: ErrorCode
  /** Spoils a valid paid request; `now` is Unix seconds. */
  readonly spoil: (valid: Draft, now: bigint) => Draft
}

type Spoil = BadInput['spoil']
type Row = readonly [name: string, status: number, code: ErrorCode, spoil: Spoil]

export function rows(decidedBy: BadInput['decidedBy'], list: readonly Row[]): readonly BadInput[] {
  return list.map(([name, status, code, spoil]) => ({ name, decidedBy, status, code, spoil }))
}

/** Puts `value` at a place in the payment; `undefined` removes what is there. */
export function payment(path: string, value: unknown): Spoil {
  return (draft) => ({ ...draft, payment: place(draft.payment, path.split('.'), value) })
}

/** As {@link payment}, for a value that depends on the one that is there. */
export function paymentFrom(path: string, change: (old: unknown, now: bigint) => unknown): Spoil {
  return (draft, now) => {
    const keys = path.split('.')
    const old = keys.reduce((at, key) => (at as Record<string, unknown>)[key], draft.payment)
    return payment(path, change(old, now))(draft, now)
  }
}

/** Sends this text as the payment header. */
export function paymentText(text: string): Spoil {
  return (draft) => ({ ...draft, payment: text })
}

/** Sends this body; the payment stays. */
export function body(content: string | Uint8Array<ArrayBuffer>): Spoil {
  return (draft) => ({ ...draft, body: content })
}

/** Asks for a price, without a payment, with this body. */
export function unpaid(content: string | Uint8Array<ArrayBuffer>): Spoil {
  return ({ payment: _, ...draft }) => ({ ...draft, body: content })
}

/** Adds a header, beside what is there. */
export function header(name: string, value: string): Spoil {
  return (draft) => ({ ...draft, headers: [...draft.headers, [name, value]] })
}

/** Replaces a header. */
export function insteadHeader(name: string, value: string): Spoil {
  return (draft) => ({
    ...draft,
    headers: [...draft.headers.filter(([each]) => each !== name), [name, value]],
  })
}

function place(value: unknown, [key, ...rest]: readonly string[], leaf: unknown): unknown {
  if (key === undefined) return leaf
  const object = value as Record<string, unknown>
  return { ...object, [key]: place(object[key], rest, leaf) }
}
