import type { Expected, Json, Match, Sent, SentPayment, SentRequest } from '../Exchange.ts'

/** Where plans are sold. */
export const access = '/x402/access'

/** Posts JSON to a path. */
export function post(path: string, json: Json, more: Partial<SentRequest> = {}): SentRequest {
  return { method: 'POST', path, json, ...more }
}

/** Asks for a plan's price and keeps the offer, under `offer` unless told otherwise. */
export function ask(keep = 'offer', json: Json = { planId: 'basic' }): Sent {
  return {
    send: post(access, json),
    expect: { status: 402, body: { code: 'PAYMENT_REQUIRED' } },
    keep: { [keep]: { decoded: 'payment-required' } },
  }
}

/** The request that pays an offer for the plan `basic`. */
export function paying(payment: Partial<SentPayment> = {}): SentRequest {
  return post(access, { planId: 'basic' }, { payment: { for: 'offer', ...payment } })
}

/** What a sale is answered with. */
export const sold: Expected = {
  status: 200,
  headers: {
    'content-type': 'application/json',
    'cache-control': { $has: 'no-store' },
    'access-control-allow-origin': '*',
  },
  decoded: { 'payment-response': { success: true, network: 'eip155:84532' } },
  body: { type: 'AccessGrant', planId: 'basic', tokenType: 'Bearer' },
}

/** A refusal as it is told: a problem document with our code and the status inside. */
export function refused(
  status: number,
  code: string,
  more: Readonly<Record<string, Match>> = {},
): Expected {
  const type = status === 402 ? 'application/json' : 'application/problem+json'
  return {
    status,
    headers: { 'content-type': type, 'access-control-allow-origin': '*' },
    body: { status, code, ...more },
  }
}

/** A refused payment: also told in `PAYMENT-RESPONSE`. */
export function refusedPayment(status: number, code: string, errorReason?: string): Expected {
  return {
    ...refused(status, code),
    decoded: {
      'payment-response': { success: false, transaction: '', ...(errorReason && { errorReason }) },
    },
  }
}
