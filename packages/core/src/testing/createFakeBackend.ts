import type { StoredResponse } from '../challenge/StoredResponse.ts'
import type { Backend, Served, ServeRequest } from '../ports/Backend.ts'

/** What one `serve` does. `hang` never answers and ignores its signal, as a bad handler would. */
type BackendMood = 'answer' | 'fail' | 'redirect' | 'stream' | 'unknown' | 'throw' | 'hang'

/** A backend that works once per idempotency key and counts. */
export type FakeBackend = Backend & {
  mood: BackendMood
  readonly next: BackendMood[]
  /** Runs before each answer: where tests let something else happen meanwhile. */
  meanwhile: ((request: ServeRequest) => Promise<void>) | undefined
  /** How many times each key was asked for. */
  readonly asked: Map<string, number>
  readonly requests: ServeRequest[]
}

export function createFakeBackend(options: { readonly worstCaseMs?: number } = {}): FakeBackend {
  const answers = new Map<string, StoredResponse>()
  const backend: FakeBackend = {
    worstCaseMs: options.worstCaseMs ?? 1_000,
    mood: 'answer',
    next: [],
    meanwhile: undefined,
    asked: new Map(),
    requests: [],
    async serve(request): Promise<Served> {
      const key = request.idempotencyKey
      backend.requests.push(request)
      backend.asked.set(key, (backend.asked.get(key) ?? 0) + 1)
      const mood = backend.next.shift() ?? backend.mood
      await backend.meanwhile?.(request)
      switch (mood) {
        case 'hang':
          return new Promise(() => {})
        case 'throw':
          throw new Error('the backend closed the connection')
        case 'fail':
          return { kind: 'answered', response: { status: 500, headers: [], body: '' } }
        case 'redirect':
          return { kind: 'answered', response: { status: 302, headers: [], body: '' } }
        case 'stream':
          return { kind: 'answered', response: { status: 200, headers: [] } }
        default: {
          const body = btoa(`answer ${answers.size + 1} to ${request.resource.path}`)
          const response = answers.get(key) ?? { status: 200, headers: [], body }
          answers.set(key, response)
          return mood === 'unknown'
            ? { kind: 'unknown', reason: 'no answer' }
            : { kind: 'answered', response }
        }
      }
    },
  }
  return backend
}
