import type { Checkout, Problem } from '@key0/checkout'
import type { Settings } from './McpOptions.ts'

/** What every tool is given besides its call. */
export type Context = {
  readonly checkout: Checkout
  /** Tells the observer of a problem, if it is one of ours. */
  readonly report: (problem: Problem, cause: unknown) => void
}

/** The paths this handler answers. A path that only looks like one of them is not one. */
export const paths = { rpc: '/mcp', card: '/.well-known/mcp.json' } as const

/** Where a caller can only wait, something is wrong on our side or on the chain's. */
export function createContext({ checkout, observe }: Settings): Context {
  return {
    checkout,
    report: ({ code, retry }, cause) => {
      if (retry === 'later') observe({ name: 'request.failed', path: paths.rpc, code, cause })
    },
  }
}
