import type { CredentialRequest } from '@key0/core'
import { AccessTokenIssuer } from '@key0/token'

/** `hangs` never ends; a promise is awaited before issuing. */
type Conduct = 'works' | 'throws' | 'hangs' | 'nonsense' | Promise<unknown>

/** The seller's own issuing function, which works or does not as told. */
export type Issuer = {
  readonly issue: (request: CredentialRequest, signal: AbortSignal) => Promise<unknown>
  /** Every call, in order, whatever became of it. */
  readonly calls: readonly CredentialRequest[]
  readonly callsFor: (challengeId: string) => number
  /** What the next calls do; a function says it for each, by its number from 1. */
  behave(as: Conduct | ((call: number) => Conduct)): void
  /** Resolves when the n-th call from the beginning has come in. */
  readonly reached: (count: number) => Promise<void>
}

export function createIssuer(secret: string): Issuer {
  const signer = new AccessTokenIssuer(secret)
  const calls: CredentialRequest[] = []
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  let conduct: Parameters<Issuer['behave']>[0] = 'works'
  return {
    calls,
    callsFor: (id) => calls.filter(({ challengeId }) => challengeId === id).length,
    behave: (as) => {
      conduct = as
    },
    reached: (count) =>
      new Promise((done) => {
        if (calls.length >= count) done()
        else waiting.push({ count, done })
      }),
    async issue(request) {
      calls.push(request)
      for (const { count, done } of waiting) if (calls.length >= count) done()
      const mode = typeof conduct === 'function' ? conduct(calls.length) : conduct
      if (mode === 'throws') throw new Error('the database is down')
      if (mode === 'hangs') return new Promise(() => {})
      if (mode === 'nonsense') return undefined
      await mode
      const { requestId: sub, challengeId: jti, resourceId, planId, txHash } = request
      const { token, expiresAt } = await signer.sign(
        { sub, jti, resourceId, planId, txHash },
        3_600,
      )
      return { token, expiresAt, serial: calls.length }
    },
  }
}
