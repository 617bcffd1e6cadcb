import type { Engine, FetchResource } from '@key0/core'
import { createTestContext, fakeAccounts, type TestWorld } from '@key0/core/testing'
import { answerFile } from './answerFile.ts'

/** What stands behind a server: an engine over a memory store and a chain in memory. */
export type HttpWorld = {
  readonly engine: Engine
  /** Who sells; fits the options of `createHttpHandler` in `@key0/http`. */
  readonly seller: {
    readonly name: string
    readonly description: string
    readonly publicUrl: string
    readonly chainId: number
    readonly payTo: `0x${string}`
    readonly token: {
      readonly address: `0x${string}`
      readonly symbol: string
      readonly decimals: number
      readonly name: string
      readonly version: string
    }
  }
  /** Answers the catalog's routes: tells what it was asked and the body, where `answerFile` is whole. */
  readonly resources: { readonly fetchResource: FetchResource }
  readonly nowMs: () => number
  readonly parts: TestWorld
}

/** What a sale's token says of it; the claims of `@key0/token`. */
export type SaleClaims = {
  readonly sub: string
  readonly jti: string
  readonly resourceId: string
  readonly planId: string
  readonly txHash: string
}

/** Mints the token of a sale; without it the grants' tokens are only names. */
export type MintToken = (claims: SaleClaims, nowMs: number) => Promise<string>

/**
 * A world for one exchange: plans `basic` at $0.10 and `plus` at $0.20, routes, a buyer and a
 * stranger with a dollar each, and a clock that stands until an exchange moves it.
 */
export function createHttpWorld(options: { readonly mintToken?: MintToken } = {}): HttpWorld {
  const context = createTestContext()
  const { engine, ctx, issuer } = context
  const { mintToken } = options
  if (mintToken) {
    issuer.meanwhile = async ({ idempotencyKey, requestId, challengeId, ...sale }) => {
      if (issuer.issued.has(idempotencyKey)) return
      const { resourceId, planId, txHash } = sale
      const claims = { sub: requestId, jti: challengeId, resourceId, planId, txHash }
      issuer.issued.set(idempotencyKey, await mintToken(claims, context.clock.nowMs()))
    }
  }
  const { chainId, payTo, token, decimals } = ctx.settings
  return {
    engine,
    resources: { fetchResource: tellAsked },
    nowMs: () => context.clock.nowMs(),
    parts: context,
    seller: {
      name: 'Reports',
      description: 'Daily reports',
      publicUrl: 'https://pay.example',
      chainId,
      payTo,
      token: { address: token, symbol: 'USDC', decimals, name: 'USDC', version: '2' },
    },
  }
}

const tellAsked: FetchResource = async ({ method, path, query, headers, body }) => {
  const asked = `${method} ${path}${query === '' ? '' : `?${query}`}`
  const { status, ...file } = answerFile((name) => headers.get(name))
  if (status !== 200) return new Response(file.body || null, { status, headers: file.headers })
  const told = { asked, body: await new Response(body ?? null).text() }
  return Response.json(told, { headers: file.headers })
}

export const accounts: Readonly<Record<'buyer' | 'stranger', `0x${string}`>> = {
  buyer: fakeAccounts.buyer,
  stranger: fakeAccounts.stranger,
}
