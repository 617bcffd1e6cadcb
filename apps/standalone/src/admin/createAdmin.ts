import { describeError } from '@key0/app-kit'
import { toProblem } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { httpStatus } from '@key0/http'
import { type Context, Hono } from 'hono'
import type { Logger } from 'pino'
import { type AdminRoute, type AdminStores, adminRoutes } from './adminRoutes.ts'
import { conceal } from './conceal.ts'
import { createTokenCheck } from './createTokenCheck.ts'
import { readQuestion } from './readQuestion.ts'

/** Refusals are told once in this time, however many there are. */
const REFUSALS_MS = 60_000

export type AdminOptions = {
  readonly token: string
  readonly stores: AdminStores
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
}

/**
 * The operator's own paths. Without the token every path answers the same, so nobody learns which
 * exist; pages of browsers can ask nowhere here, and nothing may be kept by a cache.
 */
export function createAdmin({ token, stores, log }: AdminOptions): Hono {
  const app = new Hono()
  const isOperator = createTokenCheck(token)
  const countRefusal = createRefusalCount(stores.clock.nowMs, log)
  app.use(async (c, next) => {
    if (isOperator(c.req.header('authorization'))) return next()
    countRefusal()
    return writeProblem(new Key0Error('ADMIN_TOKEN_INVALID'), {
      'www-authenticate': 'Bearer realm="key0-admin"',
    })
  })
  const guarded = async (work: () => Promise<Response>): Promise<Response> => {
    try {
      return await work()
    } catch (error) {
      const answer = writeProblem(error)
      const cause = describeError(error)
      if (answer.status >= 500) log.error({ cause }, 'an operator’s request failed')
      return answer
    }
  }
  const routes = adminRoutes(stores)
  for (const route of routes)
    app.on(route.method, route.path, (c) => guarded(() => answer(c, route, log)))
  for (const { path } of routes) {
    const methods = routes.filter((each) => each.path === path).map(({ method }) => method)
    const allow = methods.includes('GET') ? 'GET, HEAD' : 'POST'
    const refusal = { facts: { expected: allow } }
    app.all(path, () => writeProblem(new Key0Error('METHOD_NOT_ALLOWED', refusal), { allow }))
  }
  app.all('*', () => writeProblem(new Key0Error('NOT_FOUND')))
  return app
}

async function answer(c: Context, route: AdminRoute, log: AdminOptions['log']): Promise<Response> {
  const { path, words, method } = route
  const inPath: Readonly<Record<string, string>> = c.req.param()
  const question = await readQuestion(c.req.raw, { words, inPath })
  const data = await route.answer(question)
  // What was done is told with its place, which was found; looking leaves no trace.
  if (method === 'POST') log.info({ path, ...inPath }, 'an operator acted over HTTP')
  return write(conceal(data), { status: 200, type: 'application/json' })
}

function writeProblem(error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const { code, title, retry, facts } = toProblem(error)
  const status = httpStatus[code]
  const body = JSON.stringify({ title, status, code, retry, facts })
  return write(body, { status, type: 'application/problem+json', headers })
}

function write(
  body: string,
  of: { status: number; type: string; headers?: Readonly<Record<string, string>> },
): Response {
  const { status, type, headers } = of
  return new Response(body, {
    status,
    headers: {
      ...{ 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      ...headers,
    },
  })
}

function createRefusalCount(nowMs: () => number, log: AdminOptions['log']): () => void {
  let refused = 0
  let toldAtMs = Number.NEGATIVE_INFINITY
  return () => {
    refused += 1
    if (nowMs() - toldAtMs < REFUSALS_MS) return
    log.warn({ refused }, 'the admin token was missing or wrong')
    toldAtMs = nowMs()
    refused = 0
  }
}
