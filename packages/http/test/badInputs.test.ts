import { describe, expect, test } from 'vitest'
import { badInputs, toRequest } from '../src/exports/testing.ts'
import { draftFor, origin } from './buy.ts'
import { openShop, refuse } from './fakeEngine.ts'

const now = BigInt(Math.floor(Date.now() / 1000))

describe('a request with one thing wrong in it', () => {
  test.each(badInputs)('$name: $status $code', async (bad) => {
    const shop = openShop()
    const draft = bad.spoil(await draftFor(shop), now)
    const decidedElsewhere = bad.decidedBy === 'engine' && draft.payment !== undefined
    if (decidedElsewhere) shop.engine.script.refusal = refuse(bad.code)
    const response = await shop.handler(toRequest(draft, origin))
    const body = (await response.json()) as { code: string; facts: object }
    expect([response.status, body.code]).toEqual([bad.status, bad.code])
    // What the handler refuses by itself never reaches the money.
    if (!decidedElsewhere) expect(shop.engine.paid).toEqual([])
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('cache-control')).toContain('no-store')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const paid = draft.payment !== undefined
    const paidAsV1 = !paid && draft.headers.some(([name]) => name === 'X-PAYMENT')
    const looked = response.status !== 405 && !draft.path.includes('?')
    expect(response.headers.has('payment-response')).toBe(paid && looked)
    expect(response.headers.has('x-payment-response')).toBe(paidAsV1)
    expect(response.headers.has('payment-required')).toBe(response.status === 402)
  })

  test('has a name of its own', () => {
    expect(new Set(badInputs.map(({ name }) => name)).size).toBe(badInputs.length)
    expect(badInputs.length).toBeGreaterThan(60)
  })
})

test('the valid request they all start from buys', async () => {
  const shop = openShop()
  const response = await shop.handler(toRequest(await draftFor(shop), origin))
  expect(response.status).toBe(200)
})
