import { SandboxError } from '../SandboxError.ts'

/** A JSON-RPC call as the proxy saw it. */
export type RpcCall = {
  readonly method: string
  readonly params: readonly unknown[]
}

/**
 * What happens to a matching call.
 *
 * `delay`, `hold`: the call is forwarded later: after a time, or when a promise is fulfilled.
 * `status`: an HTTP status instead of an answer; never forwarded.
 * `error`: a JSON-RPC error instead of a result; never forwarded.
 * `answer`: a result that the node never gave; never forwarded.
 * `dropBefore`: the connection is cut; never forwarded.
 * `hang`: no answer and no end; never forwarded.
 * `dropAfter`: forwarded and executed, then the connection is cut.
 * `hangAfter`: forwarded and executed, then no answer and no end.
 * `rewrite`: forwarded, and the result replaced by what the function makes of it.
 * `rewriteParams`: forwarded with other parameters.
 *
 * One HTTP request is one connection and one status. In a JSON-RPC batch, therefore, `status`,
 * both drops and both hangs of one element are those of the whole batch, and a delay holds it up
 * as a whole; `error`, `answer` and the rewrites are the element's own.
 */
export type RpcEffect =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  | {
      readonly kind: 'error'
      readonly code: number
      readonly message: string
      readonly data?: unknown
    }
  | { readonly kind: 'answer'; readonly result: (call: RpcCall) => unknown }
  | { readonly kind: 'dropBefore' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'dropAfter' }
  | { readonly kind: 'hangAfter' }
  | {
      readonly kind: 'rewrite'
      readonly result: (result: unknown, call: RpcCall) => unknown
    }
  | {
      readonly kind: 'rewriteParams'
      readonly params: (params: readonly unknown[]) => readonly unknown[]
    }

/** Which calls a fault strikes, and how often. */
export type RpcRule = {
  /** One method or several. Default: all. */
  readonly method?: string | readonly string[]
  /** Looks at the parameters. Default: any. */
  readonly when?: (params: readonly unknown[]) => boolean
  readonly effect: RpcEffect
  /** How many calls it strikes before it is spent. Default: all. */
  readonly times?: number
  /** How many matching calls it lets pass first. Default 0. */
  readonly skip?: number
  /** Default true. */
  readonly enabled?: boolean
}

/** The hold on rules that were added. */
export type RpcRuleHandle = {
  readonly enable: () => void
  readonly disable: () => void
  readonly remove: () => void
  /** How many calls were struck. */
  readonly hits: () => number
}

export type RuleState = {
  readonly rule: RpcRule
  isEnabled: boolean
  seen: number
  hits: number
}

export function toState(rule: RpcRule): RuleState {
  for (const field of ['times', 'skip'] as const) {
    const value = rule[field] ?? 0
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new SandboxError('bad_option', `${field}: expected a whole number, 0 or more`)
    }
  }
  return { rule, isEnabled: rule.enabled ?? true, seen: 0, hits: 0 }
}

/**
 * Picks the effects for a call, in the order in which the rules were added, and counts them. One
 * that keeps the call from the node is the last: rules after it are not used up by the call.
 */
export function takeEffects(states: readonly RuleState[], call: RpcCall): readonly RpcEffect[] {
  const effects: RpcEffect[] = []
  for (const state of states) {
    if (!strikes(state, call)) continue
    state.hits += 1
    effects.push(state.rule.effect)
    if (isRefusal(state.rule.effect)) break
  }
  return effects
}

function strikes(state: RuleState, { method, params }: RpcCall): boolean {
  const { rule } = state
  if (!state.isEnabled || state.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) return false
  const methods = typeof rule.method === 'string' ? [rule.method] : rule.method
  if (methods && !methods.includes(method)) return false
  if (rule.when && !rule.when(params)) return false
  state.seen += 1
  return state.seen > (rule.skip ?? 0)
}

const refusals: readonly RpcEffect['kind'][] = ['status', 'error', 'answer', 'dropBefore', 'hang']

export const isRefusal = (effect: RpcEffect): boolean => refusals.includes(effect.kind)
