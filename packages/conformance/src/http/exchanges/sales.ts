import type { Expected, Sent, SentPayment, SentRequest } from '../Exchange.ts'

/** A request without a body. */
export const get = (path: string, more: Partial<SentRequest> = {}): SentRequest => ({
  method: 'GET',
  path,
  ...more,
})

/** Asks for the price of one request, and keeps the offer. */
export const priced = (send: SentRequest): Sent => ({
  send,
  expect: { status: 402, body: { code: 'PAYMENT_REQUIRED' } },
  keep: { offer: { decoded: 'payment-required' } },
})

/** The request that pays the offer that was kept. */
export const paid = (send: SentRequest, payment: Partial<SentPayment> = {}): SentRequest => ({
  ...send,
  payment: { for: 'offer', ...payment },
})

export const photo: SentRequest = get('/photos/7?size=2')
/** What `PAYMENT-RESPONSE` says of a payment that was taken. */
export const receipt: NonNullable<Expected['decoded']> = {
  'payment-response': { success: true, network: 'eip155:84532' },
}
/** What the first paid request for the photo is answered, and every repeat of it. */
export const served: Expected = { status: 200, decoded: receipt, body: { id: '7', served: 1 } }
