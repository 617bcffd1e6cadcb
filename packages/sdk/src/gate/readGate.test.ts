import type { ServeRequest } from '@key0/core'
import { describe, expect, test } from 'vitest'
import type { RequirePaymentOptions } from './GateOptions.ts'
import { readGate } from './readGate.ts'

const warned: string[] = []
function options(changes: Partial<RequirePaymentOptions> = {}): RequirePaymentOptions {
  warned.length = 0
  return {
    chain: 'base',
    token: 'USDC',
    amount: '0.05',
    payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    warn: (sentence) => warned.push(sentence),
    ...changes,
  }
}

const exact = { settle: { facilitator: 'https://facilitator.example' } } as const
const schema = { inputSchema: { type: 'object' } }

describe('what a gate warns of when it opens', () => {
  test.each<[string, Partial<RequirePaymentOptions>, RegExp | undefined]>([
    ['discovery without an exact rail', { discovery: schema }, /without an exact rail/],
    ['discovery without a schema', { discovery: true, exact }, /without an inputSchema/],
    ['neither missing', { discovery: schema, exact }, undefined],
    ['no discovery', {}, undefined],
  ])('%s', (_, changes, expected) => {
    readGate(options(changes))
    const about = warned.filter((text) => text.includes('discovery'))
    if (expected) expect(about.join()).toMatch(expected)
    else expect(about).toEqual([])
  })

  test('that it keeps everything in memory, and names no address of its own', () => {
    readGate(options())
    expect(warned.join()).toMatch(/memory.*share.*give them all one store/)
    expect(warned.join()).toMatch(/publicUrl/)
  })
})

test.each<[Partial<RequirePaymentOptions>, RegExp]>([
  [{ chain: 'solana' as 'base' }, /chain/],
  [{ token: 'DAI' as 'USDC' }, /token/],
  [{ amount: 5 as unknown as string }, /amount/],
  [{ isUsed: () => false }, /go together/],
  [{ exact: { settle: 'self' } as RequirePaymentOptions['exact'] & object }, /relayerPrivateKey/],
])('a gate that cannot sell is refused: %j', (changes, expected) => {
  expect(() => readGate(options(changes))).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      facts: { requirePayment: expect.stringMatching(expected) },
    }),
  )
})

test('a gate needs no key, and without an exact rail it settles nothing', () => {
  const { config } = readGate(options())
  expect(config).toMatchObject({ exact: false, network: 'mainnet' })
  expect(Object.keys(config)).not.toContain('gasWalletPrivateKey')
  expect(readGate(options({ exact })).config).toMatchObject({
    facilitatorUrl: 'https://facilitator.example',
  })
})

describe('whose offers a gate takes', () => {
  const gate = (changes: Partial<RequirePaymentOptions> = {}) => readGate(options(changes))

  test('its own, in every instance and after every restart', () => {
    const terms = { publicUrl: 'https://weather.example', name: 'Weather' }
    const again = { ...terms, publicUrl: 'https://weather.example/', onPaid: () => {} }
    const { routeId, config } = gate(terms)
    expect(gate(again).routeId).toBe(routeId)
    expect(config.routes?.[0]?.routeId).toBe(routeId)
    expect(gate({ payTo: options().payTo.toLowerCase() as `0x${string}` }).routeId).toBe(
      gate().routeId,
    )
  })

  test.each<Partial<RequirePaymentOptions>>([
    { amount: '1' },
    { chain: 'base-sepolia' },
    { payTo: '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC' },
    { publicUrl: 'https://weather.example' },
    { name: 'The weather in colour' },
    { discovery: { path: '/weather' } },
    { discovery: { method: 'POST' } },
  ])('and not those of a gate with %j', (changes) => {
    expect(gate(changes).routeId).not.toBe(gate().routeId)
  })

  test('gates into one wallet have one memory, and no other has', () => {
    const { store } = gate().config
    expect(gate({ amount: '1', name: 'another' }).config.store).toBe(store)
    expect(gate({ payTo: options().payTo.toLowerCase() as `0x${string}` }).config.store).toBe(store)
    expect(gate({ chain: 'base-sepolia' }).config.store).not.toBe(store)
    const payTo = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
    expect(gate({ payTo }).config.store).not.toBe(store)
  })
})

const payment = {
  ...{ challengeId: 'http-1', requestId: 'r', routeId: 'gate', amount: '$0.05', chainId: 8453 },
  ...{ amountRaw: 50_000n, txHash: '0x01', fromAddress: '0x02', idempotencyKey: 'key' },
  resource: { method: 'GET', path: '/weather', query: 'city=Bern' },
} as ServeRequest

test('a receipt has the same key however often it is told', async () => {
  const told: unknown[] = []
  const { tell } = readGate(options({ awaitOnPaid: true, onPaid: (receipt) => told.push(receipt) }))
  await tell(payment)
  await tell(payment)
  expect(told[0]).toEqual(told[1])
  expect(told[0]).toMatchObject({
    idempotencyKey: 'key',
    amount: '0.05',
    amountRaw: 50_000n,
    payer: '0x02',
    resource: 'GET /weather?city=Bern',
  })
})

test('a hook that fails stops an awaited payment, and is only told of otherwise', async () => {
  const onPaid = async (): Promise<never> => {
    throw new Error('the table is full')
  }
  await expect(readGate(options({ onPaid, awaitOnPaid: true })).tell(payment)).rejects.toThrow(
    'full',
  )
  const seen = Promise.withResolvers<unknown>()
  await readGate(options({ onPaid, observe: (event) => seen.resolve(event) })).tell(payment)
  expect(await seen.promise).toMatchObject({ name: 'alert', what: 'onPaid failed' })
})
