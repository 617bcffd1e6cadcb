import type { Sandbox } from '@key0/sandbox'
import { vi } from 'vitest'

/** The sandbox answers for Base's public node, until `vi.unstubAllGlobals()`. */
export function standInForThePublicNode(sandbox: Sandbox): void {
  const real = globalThis.fetch
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const url = String(input instanceof Request ? input.url : input)
    return url.startsWith('https://mainnet.base.org')
      ? real(sandbox.rpcUrl, init)
      : real(input, init)
  })
}
