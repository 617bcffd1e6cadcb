import { type BadInput, body, header, insteadHeader, rows, unpaid } from './BadInput.ts'
import type { Draft } from './Draft.ts'

const json = (value: unknown): string => JSON.stringify(value)
const latin1 = new Uint8Array([0x7b, 0x22, 0x70, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d])
const deep = `${'['.repeat(40)}${']'.repeat(40)}`

/** The plan's id stands in the body of every valid draft. */
const planOf = ({ body: text }: Draft): string =>
  (JSON.parse(`${text}`) as { planId: string }).planId

const asking =
  (more: Readonly<Record<string, unknown>>): BadInput['spoil'] =>
  (draft, now) =>
    unpaid(json({ planId: planOf(draft), ...more }))(draft, now)

/** The request is no request of ours, paid or not. */
export const badBodies: readonly BadInput[] = rows('surface', [
  ['no body and no payment', 400, 'PLAN_REQUIRED', unpaid('')],
  ['no plan', 400, 'PLAN_REQUIRED', unpaid('{}')],
  ['plan null', 400, 'PLAN_REQUIRED', unpaid('{"planId":null}')],
  ['plan as a number', 400, 'REQUEST_MALFORMED', unpaid('{"planId":1}')],
  ['plan as a list', 400, 'REQUEST_MALFORMED', unpaid('{"planId":["basic"]}')],
  ['request id as a number', 400, 'REQUEST_MALFORMED', asking({ requestId: 1e20 })],
  ['resource id as an object', 400, 'REQUEST_MALFORMED', asking({ resourceId: {} })],
  ['body in single quotes', 400, 'REQUEST_MALFORMED', unpaid("{'planId':'basic'}")],
  ['body cut off', 400, 'REQUEST_MALFORMED', unpaid('{"planId":"bas')],
  ['body a list', 400, 'REQUEST_MALFORMED', unpaid('[]')],
  ['body a string', 400, 'REQUEST_MALFORMED', unpaid('"basic"')],
  ['body with something after it', 400, 'REQUEST_MALFORMED', unpaid('{"planId":"a"}{}')],
  ['body with a byte order mark', 400, 'REQUEST_MALFORMED', unpaid('\ufeff{"planId":"a"}')],
  ['body with one key twice', 400, 'REQUEST_MALFORMED', unpaid('{"planId":"a","planId":"b"}')],
  ['body with __proto__', 400, 'REQUEST_MALFORMED', unpaid('{"__proto__":{"planId":"a"}}')],
  ['body with constructor', 400, 'REQUEST_MALFORMED', unpaid('{"constructor":1,"planId":"a"}')],
  ['body 40 levels deep', 400, 'REQUEST_MALFORMED', unpaid(`{"planId":${deep}}`)],
  ['body not UTF-8', 400, 'REQUEST_MALFORMED', unpaid(latin1)],
  ['body over its limit', 413, 'BODY_TOO_LARGE', unpaid(json({ planId: 'x'.repeat(40_000) }))],
  ['body over its limit, paid', 413, 'BODY_TOO_LARGE', body(json({ x: 'x'.repeat(40_000) }))],
  ['body malformed, paid', 400, 'REQUEST_MALFORMED', body('{')],
  [
    'body without a type',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    (draft) => ({
      ...draft,
      headers: [],
      body: new TextEncoder().encode(`${draft.body}`),
    }),
  ],
  ['body as text', 415, 'MEDIA_TYPE_UNSUPPORTED', insteadHeader('content-type', 'text/plain')],
  [
    'body as a form',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    insteadHeader('content-type', 'application/x-www-form-urlencoded'),
  ],
  [
    'body in Latin-1',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    insteadHeader('content-type', 'application/json; charset=iso-8859-1'),
  ],
  ['two content types', 415, 'MEDIA_TYPE_UNSUPPORTED', header('content-type', 'application/json')],
  ['body compressed', 415, 'MEDIA_TYPE_UNSUPPORTED', header('content-encoding', 'gzip')],
  [
    'GET',
    405,
    'METHOD_NOT_ALLOWED',
    ({ body: _, payment: __, ...draft }) => ({
      ...draft,
      method: 'GET',
    }),
  ],
  ['PUT with a payment', 405, 'METHOD_NOT_ALLOWED', (draft) => ({ ...draft, method: 'PUT' })],
  [
    'a query of 2000 characters',
    400,
    'REQUEST_MALFORMED',
    (draft) => ({
      ...draft,
      path: `${draft.path}?${'q'.repeat(2000)}`,
    }),
  ],
])

/** The ids are text, and not ids. */
export const badIds: readonly BadInput[] = rows('engine', [
  ['a plan nobody sells', 404, 'PLAN_UNKNOWN', unpaid('{"planId":"platinum"}')],
  ['a plan called __proto__', 404, 'PLAN_UNKNOWN', unpaid('{"planId":"__proto__"}')],
  [
    'a plan with a header in it',
    404,
    'PLAN_UNKNOWN',
    unpaid(json({ planId: 'basic\r\nSet-Cookie: a=b' })),
  ],
  ['a plan that is a path', 404, 'PLAN_UNKNOWN', unpaid(json({ planId: '../basic' }))],
  [
    'a plan of 20,000 characters',
    404,
    'PLAN_UNKNOWN',
    unpaid(json({ planId: 'x'.repeat(20_000) })),
  ],
  ['request id too short', 400, 'REQUEST_MALFORMED', asking({ requestId: 'abc' })],
  ['request id too long', 400, 'REQUEST_MALFORMED', asking({ requestId: 'x'.repeat(129) })],
  ['request id empty', 400, 'REQUEST_MALFORMED', asking({ requestId: '' })],
  [
    'request id that is a path',
    400,
    'REQUEST_MALFORMED',
    asking({ requestId: '../../../../etc/passwd' }),
  ],
  [
    'request id with a colon',
    400,
    'REQUEST_MALFORMED',
    asking({ requestId: 'key0:request:0123456789' }),
  ],
  [
    'request id with a zero byte',
    400,
    'REQUEST_MALFORMED',
    asking({ requestId: '0123456789abcdef\u0000' }),
  ],
  [
    'request id with a header in it',
    400,
    'REQUEST_MALFORMED',
    asking({ requestId: '0123456789abcdef\r\nSet-Cookie: a=b' }),
  ],
  [
    'request id in other letters',
    400,
    'REQUEST_MALFORMED',
    asking({ requestId: 'аррlе-0123456789abcdef' }),
  ],
  ['resource id with a line break', 400, 'REQUEST_MALFORMED', asking({ resourceId: 'a\r\nb' })],
  ['resource id empty', 400, 'REQUEST_MALFORMED', asking({ resourceId: '' })],
])
