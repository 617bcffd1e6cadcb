import { type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SendUsdcOptions, sendUsdc } from './sendUsdc.ts'

let chain: Sandbox
beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(() => chain.stop())

let keys = 0
function newKey(): string {
  keys += 1
  return `goodwill ${keys}`
}

function options(changes: Partial<SendUsdcOptions> = {}): SendUsdcOptions {
  const { seller, buyer } = chain.wallets
  return {
    ...{ to: buyer.address, amount: 1_000n, key: newKey(), network: 'testnet' },
    ...{ walletPrivateKey: seller.privateKey, rpcUrl: chain.rpcUrl, waitMs: 5_000 },
    ...changes,
  }
}

const countSent = async (): Promise<number> =>
  (await chain.transfers({ from: chain.wallets.seller.address })).length

test('the same key pays once, however often it is asked for, and says by which transaction', async () => {
  const before = await countSent()
  const asked = options()
  const first = await sendUsdc(asked)
  expect(first).toMatchObject({ success: true, amount: 1_000n, to: chain.wallets.buyer.address })
  expect(await sendUsdc(asked)).toEqual(first)
  const many = await Promise.all(Array.from({ length: 5 }, () => sendUsdc(asked)))
  expect(new Set(many.map((sent) => sent.success && sent.txHash)).size).toBe(1)
  expect(await countSent()).toBe(before + 1)
})

test('ten callers of one key at once pay once; another key is another payment', async () => {
  const before = await countSent()
  const { gas } = chain.wallets
  const asked = options({ gasWalletPrivateKey: gas.privateKey })
  const sent = await Promise.all(Array.from({ length: 10 }, () => sendUsdc(asked)))
  expect(sent.filter(({ success }) => success)).toHaveLength(10)
  expect(await countSent()).toBe(before + 1)
  await sendUsdc({ ...asked, key: newKey() })
  expect(await countSent()).toBe(before + 2)
})

test('a caller whose answer was lost calls again and has paid once', async () => {
  const before = await countSent()
  await using proxy = await startRpcProxy({ target: chain.rpcUrl })
  const asked = options({ rpcUrl: proxy.url, waitMs: 50 })
  proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropAfter' } })
  proxy.add({ method: 'eth_getTransactionReceipt', effect: { kind: 'dropBefore' } })
  expect(await sendUsdc(asked)).toMatchObject({ success: false, pending: true })
  proxy.clear()
  expect(await sendUsdc(asked)).toMatchObject({ success: true })
  expect(await countSent()).toBe(before + 1)
})

test('a key that paid one person does not pay another, or another amount', async () => {
  const asked = options()
  await sendUsdc(asked)
  const before = await countSent()
  for (const change of [{ amount: 2n }, { to: chain.wallets.stranger.address }])
    await expect(sendUsdc({ ...asked, ...change })).rejects.toMatchObject({
      code: 'REQUEST_CONFLICT',
    })
  expect(await countSent()).toBe(before)
})

test.each<readonly [Partial<SendUsdcOptions>, string, string]>([
  [{ to: '0x12' }, 'REQUEST_MALFORMED', 'to'],
  [{ key: '' }, 'REQUEST_MALFORMED', 'key'],
  [{ key: 'x'.repeat(201) }, 'REQUEST_MALFORMED', 'key'],
  [{ amount: 0n }, 'MONEY_INVALID', 'more than zero'],
  [{ amount: -1n }, 'MONEY_INVALID', 'more than zero'],
  [{ network: 'base' as never }, 'CONFIG_INVALID', 'network'],
  [{ walletPrivateKey: '0xc0ffee' }, 'CONFIG_INVALID', 'walletPrivateKey'],
  [{ amount: 10n ** 15n }, 'REFUND_BLOCKED', 'holds'],
])('%o is refused and sends nothing', async (change, code, named) => {
  const before = await countSent()
  const error = await sendUsdc(options(change)).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(`${error}`).toContain(named)
  expect(`${error}`).not.toContain('c0ffee')
  expect(await countSent()).toBe(before)
})
