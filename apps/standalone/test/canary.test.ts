import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { urlOf } from '@key0/test-services'
import { expect, test } from 'vitest'
import { signPayment } from './signPayment.ts'
import { spawnGateway, startWorld } from './startWorld.ts'

const challengesSeen: string[] = []

async function json(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as Record<string, unknown>
  if (typeof body.challengeId === 'string') challengesSeen.push(body.challengeId)
  return body
}

test('no key, signature, token, challenge id or payload is ever printed, at LOG_LEVEL=trace', async () => {
  await using world = await startWorld()
  const { chain, env } = world
  const { buyer, seller, gas } = chain.wallets
  let status = 200
  const token = 'canary-token-of-the-backend'
  const backend = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(status).end(JSON.stringify({ token })))
  })
  await new Promise<void>((done) => backend.listen(0, '127.0.0.1', done))
  const { port: backendPort } = backend.address() as AddressInfo
  const program = spawnGateway({
    ...env,
    LOG_LEVEL: 'trace',
    ISSUE_TOKEN_API: `http://127.0.0.1:${backendPort}/issue?key=canary-query`,
    BACKEND_API_URL: 'http://127.0.0.1:1',
    BACKEND_AUTH_STRATEGY: 'shared-secret',
    INTERNAL_AUTH_SECRET: 'canary-internal-auth',
    TOKEN_ISSUE_RETRIES: '0',
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    REFUND_MIN_AGE_MS: '0',
    REFUND_INTERVAL_MS: '200',
  })
  const url = `${await urlOf(program)}/x402/access`
  const headers = { 'content-type': 'application/json' }
  const body = '{"planId":"basic"}'
  const secrets: string[] = []

  const buy = async (): Promise<Response> => {
    const asked = await fetch(url, { method: 'POST', headers, body })
    await json(asked.clone())
    const { header: payment, signature, nonce } = await signPayment(chain, asked)
    secrets.push(signature.slice(2), nonce.slice(2), payment)
    return fetch(url, {
      method: 'POST',
      headers: { ...headers, 'payment-signature': payment },
      body,
    })
  }

  const sold = await buy()
  expect(sold.status, JSON.stringify(await sold.clone().json())).toBe(200)
  expect(await json(sold)).toMatchObject({ accessToken: token })
  status = 500
  const failed = await buy()
  expect(failed.status).toBe(502)
  await json(failed)
  // The chain fails under the next one: what its client threw is told as well.
  const down = world.rpc.add({ method: 'eth_call', effect: { kind: 'status', status: 500 } })
  const unreachable = await buy()
  expect(unreachable.status).toBe(503)
  down.remove()
  await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'payment-signature': 'canary!' },
    body,
  })
  await untilPrinted(program.output, /"state":"REFUNDED"/)
  await program.stop()
  backend.close()

  const printed = program.output()
  expect(printed, 'the events are told').toMatch(/challenge\.paid/)
  expect(challengesSeen.length).toBeGreaterThan(2)
  const keys = [buyer, seller, gas].map(({ privateKey }) => privateKey.slice(2))
  for (const secret of [...keys, ...secrets, ...challengesSeen, 'canary'])
    expect(printed.toLowerCase()).not.toContain(secret.toLowerCase())
})

async function untilPrinted(output: () => string, text: RegExp): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!text.test(output())) {
    if (Date.now() > deadline) throw new Error(`It never said ${text}:\n${output()}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}
