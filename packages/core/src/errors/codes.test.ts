import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { errorCodes, errorEntries } from './codes.ts'

const pages = fileURLToPath(new URL('../../../../docs/errors/', import.meta.url))
const codes = Object.keys(errorCodes)

// Public since 0.1. A code may be added to this list; none is ever taken away or renamed.
const published = `
  REQUEST_MALFORMED BODY_TOO_LARGE HEADER_TOO_LARGE METHOD_NOT_ALLOWED MEDIA_TYPE_UNSUPPORTED
  NOT_FOUND PLAN_REQUIRED PLAN_UNKNOWN CHALLENGE_UNKNOWN REQUEST_CONFLICT PAYMENT_REQUIRED
  PAYMENT_MALFORMED PAYMENT_VERSION_UNSUPPORTED PAYMENT_OFFER_MISMATCH PAYMENT_SCHEME_UNSUPPORTED
  PAYMENT_NETWORK_MISMATCH PAYMENT_ASSET_MISMATCH PAYMENT_PAYEE_MISMATCH PAYMENT_VALUE_MISMATCH
  AUTHORIZATION_EXPIRED AUTHORIZATION_NOT_YET_VALID AUTHORIZATION_TOO_LONG AUTHORIZATION_CANCELLED
  AUTHORIZATION_USED SIGNATURE_INVALID SIGNATURE_MALLEABLE FUNDS_INSUFFICIENT PAYER_BLOCKED
  TOKEN_PAUSED SIMULATION_FAILED FACILITATOR_REFUSED TRANSFER_NOT_FOUND TRANSFER_MISMATCH
  TRANSFER_OUTSIDE_WINDOW PAYER_PROOF_REQUIRED PAYER_PROOF_INVALID PAYMENT_SPENT CHALLENGE_EXPIRED
  CHALLENGE_CANCELLED CHALLENGE_REFUNDING CHALLENGE_REFUNDED CHALLENGE_NOT_CANCELLABLE
  SETTLEMENT_PENDING DELIVERY_PENDING DELIVERY_FAILED CHAIN_UNREACHABLE STORE_UNAVAILABLE OVERLOADED
  INTERNAL CONFIG_INVALID CHAIN_MISMATCH MONEY_INVALID TRANSITION_ILLEGAL SIGNER_REFUSED
  PATH_NOT_CANONICAL RESPONSE_NOT_KEPT RAW_BODY_MISSING BACKEND_UNREACHABLE ORIGIN_REFUSED
  ADMIN_TOKEN_INVALID
  SIGNER_MISMATCH REFUND_NOT_POSSIBLE REFUND_NOT_FAILED REFUND_TOO_LARGE REFUND_BLOCKED
  REFUNDS_STOPPED NOT_HELD RECORD_CHANGED DELIVERY_UNKNOWN SELLING_PAUSED
`
  .trim()
  .split(/\s+/)

test('no published code ever disappears', () => {
  expect(codes).toEqual(expect.arrayContaining(published))
})

test('a new code is added to the published list', () => {
  expect(published).toEqual(expect.arrayContaining(codes))
})

test('every code is upper case and explains itself in one sentence', () => {
  for (const [code, { summary }] of Object.entries(errorEntries)) {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
    expect(summary).toMatch(/^[A-Z].{10,90}\.$/)
  }
})

test.each(codes)('%s has its page, with what it means and what to do', (code) => {
  expect(existsSync(`${pages}${code}.md`)).toBe(true)
  const page = readFileSync(`${pages}${code}.md`, 'utf8')
  const { summary, retry } = errorEntries[code as keyof typeof errorEntries]
  expect(page.startsWith(`# ${code}\n\n${summary}\n`)).toBe(true)
  expect(page).toContain(`- Retry: \`${retry}\``)
  for (const part of ['HTTP status: ', '## What it means', '## What the client should do'])
    expect(page).toContain(part)
})

test('no page explains a code that does not exist', () => {
  const named = readdirSync(pages).filter(
    (page) => /^[A-Z_]+\.md$/.test(page) && page !== 'README.md',
  )
  expect(named.map((page) => page.slice(0, -'.md'.length)).toSorted()).toEqual(codes.toSorted())
})
