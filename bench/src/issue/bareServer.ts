import { Hono } from 'hono'
import { serveMeasured } from '../serveMeasured.ts'
import { openBareWrite } from './openBareWrite.ts'

/*
 * What a seller would write who only wanted to quote a price: the same body is parsed, the same
 * offer is written as JSON, once, and as base64 with the same headers. Nothing is checked, and
 * nothing remembered unless a server of a store is named: then the challenge is written there.
 */

export type BareSettings = {
  readonly token: string
  readonly payTo: string
  readonly redisUrl?: string
  readonly databaseUrl?: string
}

const { token, payTo, ...where } = JSON.parse(process.argv[2] ?? '{}') as BareSettings
const bare = await openBareWrite(where)
let lastId = 0
/** As long as a real one and as cheap as can be: nobody could rely on it. */
const newId = (): string => `${++lastId}`.padStart(40, '0')
const description = 'One call of a measured API'
const url = 'http://127.0.0.1:3000/x402/access'
const name = {
  info: { required: false },
  schema: {
    type: 'object',
    properties: {
      required: { type: 'boolean' },
      id: { type: 'string', minLength: 16, maxLength: 128, pattern: '^[A-Za-z0-9_-]+$' },
    },
    required: ['required'],
  },
}
const text = { type: 'string' }
const bazaar = {
  info: { input: { type: 'http', method: 'POST', bodyType: 'json', body: { planId: 'basic' } } },
  schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      input: {
        type: 'object',
        properties: {
          type: { ...text, const: 'http' },
          method: { ...text, enum: ['POST'] },
          bodyType: { ...text, enum: ['json'] },
          body: {
            type: 'object',
            properties: { planId: { ...text, const: 'basic' } },
            required: ['planId'],
            examples: [{ planId: 'basic' }],
          },
        },
        required: ['type', 'method', 'bodyType', 'body'],
      },
    },
    required: ['input'],
  },
}
const outputSchema = {
  input: {
    ...{ type: 'http', method: 'POST', discoverable: true, bodyType: 'json' },
    bodyFields: { planId: { ...text, const: 'basic', required: true } },
  },
}
const prices: Readonly<Record<string, string>> = { basic: '10000' }

const app = new Hono().post('/x402/access', async (c) => {
  const { planId = '', requestId = newId() } = await c.req.json<Record<string, string>>()
  const amount = prices[planId]
  if (amount === undefined) return c.json({ error: 'unknown plan' }, 404)
  const challengeId = `http-${newId()}`
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + 900_000).toISOString()
  await bare?.write({
    ...{ challengeId, requestId, scope: 'x402-http', clientAgentId: 'x402-http' },
    ...{ resourceId: 'default', planId, amount: '$0.01', amountRaw: amount, asset: 'USDC', token },
    ...{ chainId: '84532', destination: payTo, createdAt: createdAt.toISOString(), expiresAt },
    ...{ state: 'PENDING', version: '1', schemaVersion: '1', updatedAt: createdAt.toISOString() },
  })
  const title = 'This request must be paid for.'
  const offer = JSON.stringify({
    x402Version: 2,
    error: title,
    resource: {
      url,
      description,
      mimeType: 'application/json',
      serviceName: 'Benchmark',
    },
    extensions: { 'payment-identifier': name, bazaar },
    accepts: [
      {
        scheme: 'exact',
        network: 'eip155:84532',
        amount,
        asset: token,
        payTo,
        maxTimeoutSeconds: 300,
        extra: { name: 'USDC', version: '2', paymentFlow: 'upfront', challengeId },
      },
    ],
  })
  const members = JSON.stringify({
    title,
    status: 402,
    code: 'PAYMENT_REQUIRED',
    retry: 'sign',
    facts: {},
    challengeId,
    requestId,
    expiresAt,
  })
  const v1 = JSON.stringify({
    x402Version: 1,
    error: title,
    accepts: [
      {
        resource: url,
        scheme: 'exact',
        network: 'base-sepolia',
        maxAmountRequired: amount,
        description,
        mimeType: 'application/json',
        outputSchema,
        payTo,
        maxTimeoutSeconds: 300,
        asset: token,
        extra: { name: 'USDC', version: '2' },
      },
    ],
  })
  const body = `${members.slice(0, -1)},"paymentRequired":${offer},${v1.slice(1)}`
  return new Response(body, {
    status: 402,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'PAYMENT-REQUIRED, PAYMENT-RESPONSE, X-PAYMENT-RESPONSE',
      'cache-control': 'no-store',
      vary: 'PAYMENT-SIGNATURE, X-PAYMENT',
      'content-type': 'application/json',
      'payment-required': btoa(offer),
    },
  })
})

serveMeasured(app.fetch, async () => bare?.close())
