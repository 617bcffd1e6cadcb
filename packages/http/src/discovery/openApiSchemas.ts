/** The bodies that `/openapi.json` speaks of, as JSON Schema 2020-12. */
export const openApiSchemas = {
  AccessGrant: {
    type: 'object',
    required: [
      'type',
      'challengeId',
      'requestId',
      'resourceId',
      'planId',
      'accessToken',
      'tokenType',
      'txHash',
    ],
    properties: {
      type: { const: 'AccessGrant' },
      challengeId: { type: 'string' },
      requestId: { type: 'string' },
      resourceId: { type: 'string' },
      planId: { type: 'string' },
      accessToken: { type: 'string', description: 'The credential that was bought.' },
      tokenType: { type: 'string', examples: ['Bearer'] },
      expiresAt: { type: 'string', format: 'date-time' },
      txHash: { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' },
      explorerUrl: { type: 'string' },
      resourceEndpoint: { type: 'string', description: 'Where the credential is used.' },
      credential: { description: "Whatever else the seller's backend answered." },
    },
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457, with a stable code.',
    required: ['title', 'status', 'code', 'retry', 'facts'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { type: 'string', examples: ['PLAN_UNKNOWN'] },
      retry: { type: 'string', description: 'Whether, and how, asking again can help.' },
      facts: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
  PaymentRequired: {
    description: 'A problem, with the offer that the PAYMENT-REQUIRED header carries in base64.',
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    type: 'object',
    required: ['requestId', 'expiresAt', 'paymentRequired'],
    properties: {
      challengeId: { type: 'string' },
      requestId: { type: 'string' },
      expiresAt: { type: 'string', format: 'date-time' },
      paymentRequired: { type: 'object', description: 'PaymentRequired of x402 version 2.' },
    },
  },
} as const

/** What `POST /x402/access` takes. */
export function accessSchema(planIds: readonly string[]): object {
  return {
    type: 'object',
    required: ['planId'],
    properties: {
      planId: { type: 'string', enum: planIds },
      requestId: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]{16,128}$',
        description: 'Random; the same id finds the same purchase again.',
      },
      resourceId: { type: 'string', minLength: 1, maxLength: 256, default: 'default' },
    },
  }
}

/** What `POST /x402/proof` takes. */
export const proofSchema = {
  type: 'object',
  required: ['challengeId', 'txHash'],
  properties: {
    challengeId: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,128}$' },
    txHash: { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' },
    payerSignature: { type: 'string', pattern: '^0x([0-9a-fA-F]{2})+$' },
  },
} as const
