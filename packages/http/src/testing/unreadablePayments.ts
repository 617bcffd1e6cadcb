import { type BadInput, header, payment, paymentText, rows } from './BadInput.ts'
import { bytesToBase64, type Draft, toHeader } from './Draft.ts'

const encode = (text: string): string => bytesToBase64(new TextEncoder().encode(text))
const asText = (draft: Draft): string => JSON.stringify(draft.payment)

const nested = (depth: number): unknown => (depth === 0 ? 1 : { deeper: nested(depth - 1) })

/** The header itself cannot be read. */
export const unreadablePayments: readonly BadInput[] = rows('surface', [
  ['empty payment header', 400, 'PAYMENT_MALFORMED', paymentText('')],
  ['payment header is not base64', 400, 'PAYMENT_MALFORMED', paymentText('%%%not*base64%%%')],
  [
    'base64 with a space inside',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({
      ...draft,
      payment: toHeader(draft.payment).replace(/^(.{8})/, '$1 '),
    }),
  ],
  ['base64 goes on after its padding', 400, 'PAYMENT_MALFORMED', paymentText('e30=e30=')],
  [
    'base64 of nothing but an object',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({ ...draft, payment: {} }),
  ],
  ['base64 of text that is not JSON', 400, 'PAYMENT_MALFORMED', paymentText(encode('not json'))],
  [
    'base64 of bytes that are not UTF-8',
    400,
    'PAYMENT_MALFORMED',
    paymentText(bytesToBase64(new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]))),
  ],
  [
    'JSON goes on after its value',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({
      ...draft,
      payment: encode(`${asText(draft)}{}`),
    }),
  ],
  ['payment is a list', 400, 'PAYMENT_MALFORMED', paymentText(encode('[]'))],
  ['payment is null', 400, 'PAYMENT_MALFORMED', paymentText(encode('null'))],
  [
    'one key twice',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({
      ...draft,
      payment: encode(asText(draft).replace('{', '{"x402Version":2,')),
    }),
  ],
  [
    '__proto__ in the payment',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({
      ...draft,
      payment: encode(asText(draft).replace('{', '{"__proto__":{"admin":true},')),
    }),
  ],
  [
    'constructor in extra',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.constructor', { prototype: {} }),
  ],
  ['nesting 40 deep', 400, 'PAYMENT_MALFORMED', payment('extensions', nested(40))],
  [
    'payment header sent twice',
    400,
    'PAYMENT_MALFORMED',
    (draft) => ({
      ...draft,
      headers: [...draft.headers, ['PAYMENT-SIGNATURE', toHeader(draft.payment)]],
    }),
  ],
  [
    'X-PAYMENT beside PAYMENT-SIGNATURE',
    400,
    'PAYMENT_MALFORMED',
    (draft) => header('X-PAYMENT', toHeader(draft.payment))(draft, 0n),
  ],
  ['payment header over its limit', 431, 'HEADER_TOO_LARGE', paymentText('A'.repeat(14_340))],
  ['version 1 in PAYMENT-SIGNATURE', 400, 'PAYMENT_VERSION_UNSUPPORTED', payment('x402Version', 1)],
  ['version 3', 400, 'PAYMENT_VERSION_UNSUPPORTED', payment('x402Version', 3)],
])
