import type { CredentialIssuer, CredentialRequest, Issued } from '../ports/CredentialIssuer.ts'

/** What one `issue` does. `hang` never answers and ignores its signal, as a bad client would. */
export type IssuerMood = 'issue' | 'fail' | 'unknown' | 'throw' | 'hang'

/** An issuer that issues once per idempotency key and counts. */
export type FakeIssuer = CredentialIssuer & {
  mood: IssuerMood
  readonly next: IssuerMood[]
  /** Runs before each answer: where tests let something else happen meanwhile. */
  meanwhile: ((request: CredentialRequest) => Promise<void>) | undefined
  /** How many times each key was asked for. */
  readonly asked: Map<string, number>
  /** The tokens issued, by key. */
  readonly issued: Map<string, string>
}

export function createFakeIssuer(options: { readonly worstCaseMs?: number } = {}): FakeIssuer {
  const issuer: FakeIssuer = {
    worstCaseMs: options.worstCaseMs ?? 1_000,
    mood: 'issue',
    next: [],
    meanwhile: undefined,
    asked: new Map(),
    issued: new Map(),
    async issue(request): Promise<Issued> {
      const key = request.idempotencyKey
      issuer.asked.set(key, (issuer.asked.get(key) ?? 0) + 1)
      const mood = issuer.next.shift() ?? issuer.mood
      await issuer.meanwhile?.(request)
      switch (mood) {
        case 'hang':
          return new Promise(() => {})
        case 'throw':
          throw new Error('the backend closed the connection')
        case 'fail':
          return { kind: 'failed', reason: 'the backend said no' }
        default: {
          const accessToken = issuer.issued.get(key) ?? `token-${issuer.issued.size + 1}`
          issuer.issued.set(key, accessToken)
          return mood === 'unknown'
            ? { kind: 'unknown', reason: 'no answer' }
            : { kind: 'issued', credential: { accessToken, tokenType: 'Bearer' } }
        }
      }
    },
  }
  return issuer
}
