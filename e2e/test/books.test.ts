import type { Sandbox } from '@key0/sandbox'
import { startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { type Buyer, createBuyer } from '../src/createBuyer.ts'
import type { Reply } from '../src/Exchanges.ts'
import { type BookedShop, startBookedShop } from '../src/startBookedShop.ts'

/*
 * `awaitOnPaid` on a real chain: what the seller's own books do not have is not served, whatever
 * becomes of the books or of the process. The buyer ends with its purchase or with its money.
 */

vi.setConfig({ maxConcurrency: 3, testTimeout: 60_000 })

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

/** Asks for what was paid, the first time and as often as one likes. */
type Ask = () => Promise<Reply>

const rails: readonly [string, (buyer: Buyer, shop: BookedShop) => Promise<Ask>][] = [
  [
    'the exact rail',
    async (buyer) => {
      const { header } = await buyer.sign(await buyer.offered())
      return () => buyer.pay(header)
    },
  ],
  [
    'a transfer and its proof',
    async (buyer, { seller }) => {
      const { challengeId } = await buyer.offered()
      const txHash = await sandbox.transfer(buyer.address, seller.address, 100_000n)
      return () => buyer.prove(challengeId, txHash)
    },
  ],
]

describe.concurrent.each(rails)('paid by %s', (_, pay) => {
  /** A shop and a buyer who has paid and not asked yet. */
  async function sell(stack: AsyncDisposableStack) {
    const shop = stack.use(await startBookedShop(sandbox))
    const buyer = await createBuyer(shop)
    const whole = await sandbox.balanceOf(buyer.address)
    return { shop, ask: await pay(buyer, shop), buyer, whole }
  }

  /** What must hold whatever happened: one payment, once in the books, and one end of it. */
  async function closeBooks(shop: BookedShop, end: 'DELIVERED' | 'REFUNDED'): Promise<void> {
    const [record, ...more] = await shop.records()
    expect([record?.state, more]).toEqual([end, []])
    expect(await sandbox.transfers({ to: shop.seller.address })).toHaveLength(1)
    const back = await sandbox.transfers({ from: shop.seller.address })
    expect(back).toHaveLength(end === 'REFUNDED' ? 1 : 0)
    for (const line of shop.books.lines)
      expect(line).toMatchObject({
        ...{ idempotencyKey: record?.paymentRef, challengeId: record?.challengeId },
        txHash: record?.txHash,
      })
    expect(await checkBooks(shop)).toEqual([])
  }

  test('books that fail: nothing is served, and once they are back it is, for nothing', async () => {
    await using stack = new AsyncDisposableStack()
    const { shop, ask } = await sell(stack)
    shop.books.setConduct('refuse')
    for (const _ of [1, 2]) {
      const refused = await ask()
      expect([refused.status, refused.code]).toEqual([502, 'DELIVERY_FAILED'])
    }
    expect(await shop.records()).toMatchObject([{ state: 'PAID' }])
    expect(shop.books.lines).toEqual([])
    shop.books.setConduct('keep')
    expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(200)
    expect(shop.books.lines).toHaveLength(1)
    await closeBooks(shop, 'DELIVERED')
  })

  test('books that fail for good: the money goes back, and nobody is served after that', async () => {
    await using stack = new AsyncDisposableStack()
    const { shop, ask, buyer, whole } = await sell(stack)
    shop.books.setConduct('refuse')
    expect((await ask()).code).toBe('DELIVERY_FAILED')
    expect(await shop.refund()).toMatchObject([{ success: true, toAddress: buyer.address }])
    expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
    shop.books.setConduct('keep')
    expect((await ask()).status).toBe(410)
    expect(shop.books.lines).toEqual([])
    await closeBooks(shop, 'REFUNDED')
  })

  test('books that take longer than a delivery may: served in time or not at all', async () => {
    await using stack = new AsyncDisposableStack()
    const { shop, ask } = await sell(stack)
    const slow = Promise.withResolvers<void>()
    shop.books.setConduct(() => slow.promise)
    expect((await ask()).code).toBe('DELIVERY_FAILED')
    expect(await shop.records()).toMatchObject([{ state: 'PAID' }])
    // Nobody writes a second line while the first is being written.
    expect(shop.books.asked()).toBe(1)
    slow.resolve()
    expect((await ask()).status).toBe(200)
    await closeBooks(shop, 'DELIVERED')
  })

  const moments: readonly [string, (shop: BookedShop, ask: Ask) => Promise<unknown>][] = [
    [
      'before the books could say that they have it',
      async ({ books, process }, ask) => {
        books.setConduct(() => process().kill())
        await ask()
      },
    ],
    [
      'between their word and the store’s',
      async ({ books, ledger, process }, ask) => {
        books.setConduct(() => ledger.lock())
        const asking = ask()
        let isOver = false
        const over = asking.finally(() => {
          isOver = true
        })
        over.catch(() => {})
        while (!isOver && !process().output().includes('recorded'))
          await new Promise((done) => setTimeout(done, 5))
        await process().kill()
        ledger.unlock()
        await over
      },
    ],
  ]

  describe.each(moments)('killed %s', (_, kill) => {
    async function sellAndKill(stack: AsyncDisposableStack) {
      const sold = await sell(stack)
      await expect(kill(sold.shop, sold.ask), 'nobody was answered').rejects.toThrow('fetch failed')
      expect(sold.shop.books.lines).toHaveLength(1)
      expect(await sold.shop.records()).toMatchObject([{ state: 'PAID' }])
      sold.shop.books.setConduct('keep')
      await sold.shop.restart()
      return sold
    }

    test('who asks again is served, and the books are told again under the same key', async () => {
      await using stack = new AsyncDisposableStack()
      const { shop, ask } = await sellAndKill(stack)
      expect((await ask()).status).toBe(200)
      expect(shop.books.lines.length).toBeGreaterThanOrEqual(2)
      expect(await shop.refund()).toEqual([])
      await closeBooks(shop, 'DELIVERED')
    })

    test('who does not come back gets the money, and nothing else later', async () => {
      await using stack = new AsyncDisposableStack()
      const { shop, ask, buyer, whole } = await sellAndKill(stack)
      expect(await shop.refund()).toMatchObject([{ success: true }])
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      expect((await ask()).status).toBe(410)
      await closeBooks(shop, 'REFUNDED')
    })
  })
})
