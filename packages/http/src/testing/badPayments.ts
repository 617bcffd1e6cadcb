import { type BadInput, payment, paymentFrom, rows } from './BadInput.ts'

const stranger = '0x00000000000000000000000000000000DeaDBeef'
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const value = 'payload.authorization.value'
const before = 'payload.authorization.validBefore'
const after = 'payload.authorization.validAfter'
const signature = 'payload.signature'

/** The other signature over the same message by the same key: `s` mirrored, parity flipped. */
function malleate(given: unknown): string {
  const hex = `${given}`.slice(2)
  const s = curveOrder - BigInt(`0x${hex.slice(64, 128)}`)
  const v = hex.slice(128) === '1b' ? '1c' : '1b'
  return `0x${hex.slice(0, 64)}${s.toString(16).padStart(64, '0')}${v}`
}

/** The header can be read, and a field is not what the wire says it is. */
export const malformedPayments: readonly BadInput[] = rows('surface', [
  ['version as text', 400, 'PAYMENT_MALFORMED', payment('x402Version', '2')],
  ['no accepted', 400, 'PAYMENT_MALFORMED', payment('accepted', undefined)],
  ['no authorization', 400, 'PAYMENT_MALFORMED', payment('payload.authorization', undefined)],
  ['no signature', 400, 'PAYMENT_MALFORMED', payment(signature, undefined)],
  ['signature of no bytes', 400, 'PAYMENT_MALFORMED', payment(signature, '0x')],
  ['signature of half a byte', 400, 'PAYMENT_MALFORMED', payment(signature, '0xabc')],
  ['signature without 0x', 400, 'PAYMENT_MALFORMED', payment(signature, 'ab'.repeat(65))],
  [
    'signature of 4097 bytes',
    400,
    'PAYMENT_MALFORMED',
    payment(signature, `0x${'ab'.repeat(4097)}`),
  ],
  ['amount as a number', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', 100000)],
  ['amount negative', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '-100000')],
  ['amount with decimals', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '100000.0')],
  ['amount with an exponent', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '1e5')],
  ['amount in hex', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '0x186a0')],
  ['amount with a space', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', ' 100000')],
  ['amount with a leading zero', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '0100000')],
  ['amount of 2^256', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', `${2n ** 256n}`)],
  ['amount of 5000 digits', 400, 'PAYMENT_MALFORMED', payment('accepted.amount', '9'.repeat(5000))],
  ['value as a number', 400, 'PAYMENT_MALFORMED', payment(value, 100000)],
  ['value with an exponent', 400, 'PAYMENT_MALFORMED', payment(value, '1e5')],
  ['value of 2^256', 400, 'PAYMENT_MALFORMED', payment(value, `${2n ** 256n}`)],
  ['value with a line break', 400, 'PAYMENT_MALFORMED', payment(value, '100000\r\n')],
  ['validBefore negative', 400, 'PAYMENT_MALFORMED', payment(before, '-1')],
  ['validBefore as a number', 400, 'PAYMENT_MALFORMED', payment(before, 4_000_000_000)],
  [
    'nonce of 31 bytes',
    400,
    'PAYMENT_MALFORMED',
    payment('payload.authorization.nonce', `0x${'11'.repeat(31)}`),
  ],
  ['payer is no address', 400, 'PAYMENT_MALFORMED', payment('payload.authorization.from', '0x12')],
  [
    'network by a version 1 name',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.network', 'base-sepolia'),
  ],
  [
    'network with a leading zero',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.network', 'eip155:084532'),
  ],
  [
    'network of another family',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.network', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'),
  ],
  [
    'challenge id that is a path',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', '../../etc/passwd'),
  ],
  [
    'challenge id with a line break',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', 'http-1\r\nSet-Cookie: a=b'),
  ],
  [
    'challenge id with a colon',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', 'key0:challenge:1'),
  ],
  [
    'challenge id with a zero byte',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', 'http-1\u0000'),
  ],
  [
    'challenge id of 5000 characters',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', 'x'.repeat(5000)),
  ],
  [
    'challenge id as an object',
    400,
    'PAYMENT_MALFORMED',
    payment('accepted.extra.challengeId', { id: 'x' }),
  ],
])

/** The buyer accepted something that we never offered. */
export const foreignOffers: readonly BadInput[] = rows('surface', [
  ['another scheme', 402, 'PAYMENT_SCHEME_UNSUPPORTED', payment('accepted.scheme', 'upto')],
  ['another chain', 402, 'PAYMENT_NETWORK_MISMATCH', payment('accepted.network', 'eip155:1')],
  ['another asset', 402, 'PAYMENT_ASSET_MISMATCH', payment('accepted.asset', stranger)],
  ['another payee', 402, 'PAYMENT_PAYEE_MISMATCH', payment('accepted.payTo', stranger)],
  ['a lower price', 402, 'PAYMENT_VALUE_MISMATCH', payment('accepted.amount', '1')],
  ['a price of zero', 402, 'PAYMENT_VALUE_MISMATCH', payment('accepted.amount', '0')],
  ['a higher price', 402, 'PAYMENT_VALUE_MISMATCH', payment('accepted.amount', `${10n ** 30n}`)],
  [
    'another time limit',
    402,
    'PAYMENT_OFFER_MISMATCH',
    payment('accepted.maxTimeoutSeconds', 86_400),
  ],
  ['another token domain', 402, 'PAYMENT_OFFER_MISMATCH', payment('accepted.extra.name', 'Fake')],
  [
    'another payment flow',
    402,
    'PAYMENT_OFFER_MISMATCH',
    payment('accepted.extra.paymentFlow', 'authorization'),
  ],
])

/** What was signed would not pay us. Signatures are left as they are: these come first. */
export const wrongAuthorizations: readonly BadInput[] = rows('engine', [
  [
    'a challenge nobody made',
    404,
    'CHALLENGE_UNKNOWN',
    payment('accepted.extra.challengeId', 'http-00000000-0000-4000-8000-000000000000'),
  ],
  [
    'value one too low',
    402,
    'PAYMENT_VALUE_MISMATCH',
    paymentFrom(value, (old) => `${BigInt(`${old}`) - 1n}`),
  ],
  [
    'value one too high',
    402,
    'PAYMENT_VALUE_MISMATCH',
    paymentFrom(value, (old) => `${BigInt(`${old}`) + 1n}`),
  ],
  ['value zero', 402, 'PAYMENT_VALUE_MISMATCH', payment(value, '0')],
  [
    'payment to somebody else',
    402,
    'PAYMENT_PAYEE_MISMATCH',
    payment('payload.authorization.to', stranger),
  ],
  [
    'authorization has ended',
    402,
    'AUTHORIZATION_EXPIRED',
    paymentFrom(before, (_, now) => `${now - 60n}`),
  ],
  [
    'authorization ends at once',
    402,
    'AUTHORIZATION_EXPIRED',
    paymentFrom(before, (_, now) => `${now + 1n}`),
  ],
  [
    'authorization starts in the future',
    402,
    'AUTHORIZATION_NOT_YET_VALID',
    paymentFrom(after, (_, now) => `${now + 200n}`),
  ],
  [
    'authorization for ten years',
    402,
    'AUTHORIZATION_TOO_LONG',
    paymentFrom(before, (_, now) => `${now + 315_360_000n}`),
  ],
  ['authorization for ever', 402, 'AUTHORIZATION_TOO_LONG', payment(before, `${2n ** 256n - 1n}`)],
  [
    'signature cut short',
    402,
    'SIGNATURE_INVALID',
    paymentFrom(signature, (old) => `${old}`.slice(0, -4)),
  ],
  [
    'signature with bytes after it',
    402,
    'SIGNATURE_INVALID',
    paymentFrom(signature, (old) => `${old}0000`),
  ],
  ['signature of garbage', 402, 'SIGNATURE_INVALID', payment(signature, `0x${'5a'.repeat(65)}`)],
  ['signature of zeros', 402, 'SIGNATURE_INVALID', payment(signature, `0x${'00'.repeat(65)}`)],
  [
    'signature by somebody else',
    402,
    'SIGNATURE_INVALID',
    payment('payload.authorization.from', stranger),
  ],
  [
    'signature over another nonce',
    402,
    'SIGNATURE_INVALID',
    payment('payload.authorization.nonce', `0x${'77'.repeat(32)}`),
  ],
  ['signature in its high-s form', 402, 'SIGNATURE_MALLEABLE', paymentFrom(signature, malleate)],
])
