import { type BadInput, body, rows } from './BadInput.ts'
import { type Draft, toHeader } from './Draft.ts'

type Spoil = BadInput['spoil']

/** The same payment as version 1 sends it. It says nothing about the offer it takes. */
function toV1(draft: Draft, change: object = {}): Draft {
  const { payment, ...rest } = draft
  const { payload } = payment as { readonly payload: object }
  const v1 = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload, ...change }
  return { ...rest, headers: [...rest.headers, ['X-PAYMENT', toHeader(v1)]] }
}

const v1 =
  (change: object): Spoil =>
  (draft) =>
    toV1(draft, change)

const v1Text =
  (text: string): Spoil =>
  ({ payment: _, ...draft }) => ({ ...draft, headers: [...draft.headers, ['X-PAYMENT', text]] })

const v1With =
  (spoil: Spoil): Spoil =>
  (draft, now) =>
    toV1(spoil(draft, now))

/** What arrives in `X-PAYMENT` and is refused before anybody looks for a challenge. */
export const v1Payments: readonly BadInput[] = rows('surface', [
  ['version 2 in X-PAYMENT', 400, 'PAYMENT_VERSION_UNSUPPORTED', v1({ x402Version: 2 })],
  ['X-PAYMENT is empty', 400, 'PAYMENT_MALFORMED', v1Text('')],
  ['X-PAYMENT is not base64', 400, 'PAYMENT_MALFORMED', v1Text('%%%not*base64%%%')],
  ['X-PAYMENT over its limit', 431, 'HEADER_TOO_LARGE', v1Text('A'.repeat(14_340))],
  [
    'X-PAYMENT sent twice',
    400,
    'PAYMENT_MALFORMED',
    (draft) => {
      const once = toV1(draft)
      return { ...once, headers: [...once.headers, ...once.headers.slice(-1)] }
    },
  ],
  ['version 1 with a version 2 network', 400, 'PAYMENT_MALFORMED', v1({ network: 'eip155:84532' })],
  ['version 1 with an unknown network', 400, 'PAYMENT_MALFORMED', v1({ network: 'main-street' })],
  ['version 1 without a signature', 400, 'PAYMENT_MALFORMED', v1({ payload: {} })],
  ['version 1 for no plan', 400, 'PLAN_REQUIRED', v1With(body('{}'))],
  ['version 1 for an unknown plan', 404, 'PLAN_UNKNOWN', v1With(body('{"planId":"none"}'))],
])
