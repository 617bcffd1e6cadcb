import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { type Facilitator, startFacilitator } from '../src/startFacilitator.ts'
import { startShop } from '../src/startShop.ts'

/* Two facilitators and a chain: what the first does not do, the second does, and nobody pays twice. */

let sandbox: Sandbox
let first: Facilitator
let second: Facilitator
beforeAll(async () => {
  sandbox = await startSandbox()
  first = await startFacilitator(sandbox)
  second = await startFacilitator(sandbox)
})
afterAll(async () => {
  await first[Symbol.asyncDispose]()
  await second[Symbol.asyncDispose]()
  await sandbox.stop()
})

const open = () =>
  startShop({
    ...{ sandbox, store: 'sqlite', settleWaitMs: 400 },
    facilitatorUrl: `${first.url},${second.url}`,
  })

test.each([
  ['answers 502 and does nothing', 'agrees'],
  ['cuts the connection and does nothing', 'is down'],
  ['settles, then cuts the connection', 'agrees'],
  ['settles', 'fails inside'],
  ['never answers and does nothing', 'agrees'],
] as const)(
  'a buyer whose first facilitator %s (asked before, it %s) is served',
  async (conduct, verify) => {
    await using shop = await open()
    first.behave(conduct, verify)
    const buyer = await createBuyer(shop)
    expect((await buyer.buy()).reply.status).toBe(200)
    expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  },
  40_000,
)

test('a buyer whose first facilitator says success and does nothing is served by the second', async () => {
  await using shop = await open()
  first.behave('says success and does nothing')
  const buyer = await createBuyer(shop)
  const { reply, payment } = await buyer.buy()
  expect([reply.status, reply.code]).toEqual([503, 'SETTLEMENT_PENDING'])
  shop.clock.advance(31_000)
  await shop.key0().recover()
  expect((await buyer.pay(payment.header)).status).toBe(200)
  expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
  expect(shop.issuer.calls).toHaveLength(1)
  expect(await checkBooks(shop)).toEqual([])
})
