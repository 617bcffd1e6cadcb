import type { ChallengeRecord } from '@key0/core'
import { type RpcEffect, rpcFaults, type Sandbox, startSandbox } from '@key0/sandbox'
import { beforeAll, describe, expect, test } from 'vitest'
import { cancelAuthorization } from '../src/cancelAuthorization.ts'
import { checkBooks } from '../src/checkBooks.ts'
import { forgeReceipts } from '../src/forgeReceipts.ts'
import { readPool } from '../src/mempool.ts'
import {
  type ChainCase,
  goDownAfterSending,
  openChainCase,
  spoilSending,
} from '../src/openChainCase.ts'

/*
 * What a chain and its nodes can do to money on its way, in both directions: to a payment, and to
 * a refund. While it lasts nothing is decided that is not so; when it is over, the buyer has its
 * goods for one payment, or its money back once. Reorganisations are in reorgs.test.ts. Each fault
 * is tried with one finality today and with the other tomorrow; KEY0_EXHAUSTIVE=1 tries both.
 */
const isExhaustive = process.env.KEY0_EXHAUSTIVE === '1'
const today = Math.floor(Date.now() / 86_400_000)

const GWEI = 10n ** 9n

type Fault = {
  readonly name: string
  /** Before the transaction is sent. */
  readonly before?: (scene: ChainCase) => unknown
  /** When it has been sent, or could not be. */
  readonly after?: (scene: ChainCase) => unknown
  /** What ends it, besides that the node answers again as it should. */
  readonly over?: (scene: ChainCase) => unknown
  readonly hasTwoNodes?: true
}

const stall = ({ sandbox }: ChainCase): Promise<void> => sandbox.stallBlocks()

const chainFaults: readonly Fault[] = [
  { name: 'no block is made', before: stall },
  {
    name: 'its transaction is dropped from the pool',
    before: stall,
    async after({ sandbox }) {
      const pool = await readPool(sandbox)
      expect(pool).toHaveLength(1)
      for (const hash of pool) await sandbox.dropTransaction(hash)
    },
  },
  {
    name: 'the base fee rises above what it offers',
    before: stall,
    async after({ sandbox }) {
      const before = await sandbox.transfers()
      await sandbox.setNextBaseFee(5_000n * GWEI)
      await sandbox.mine()
      expect(await sandbox.transfers(), 'left in the pool').toEqual(before)
    },
  },
  {
    name: 'the token is paused while it waits',
    before: stall,
    async after({ sandbox }) {
      await sandbox.pause()
      await sandbox.mine()
    },
    over: ({ sandbox }) => sandbox.unpause(),
  },
]

const nodeFaults: readonly Fault[] = [
  { name: 'its node limits the rate', before: ({ rpc }) => rpc.add(rpcFaults.rateLimit(1)) },
  { name: 'its node answers nothing', before: ({ rpc }) => rpc.add({ effect: { kind: 'hang' } }) },
  ...(
    [
      ['limits the rate of sending', { kind: 'status', status: 429 }],
      ['cuts the connection before it took it', { kind: 'dropBefore' }],
      ['takes it and cuts the connection', { kind: 'dropAfter' }],
      ['takes it and never answers', { kind: 'hangAfter' }],
      ['never answers it', { kind: 'hang' }],
      [
        'says that the gas nonce is used',
        { kind: 'error', code: -32000, message: 'nonce too low' },
      ],
      ['takes it and loses it', rpcFaults.blackHole(() => `0x${'ee'.repeat(32)}`).effect],
    ] satisfies readonly (readonly [string, RpcEffect])[]
  ).map(([name, effect]) => ({
    name: `its node ${name}`,
    before: ({ rpc }: ChainCase) => spoilSending(rpc, effect),
  })),
  { name: 'its node takes it and goes down', before: ({ rpc }) => goDownAfterSending(rpc) },
  { name: 'its node has no receipts', before: ({ rpc }) => rpc.add(rpcFaults.nullReceipt()) },
  {
    name: 'its node says that it reverted',
    before: ({ rpc }) => rpc.add(rpcFaults.lyingReceipt({ status: '0x0', logs: [] })),
  },
  {
    name: 'its node stands still',
    before: async ({ rpc, sandbox }) => rpc.add(rpcFaults.staleHead(await sandbox.blockNumber())),
  },
  {
    name: 'one of two nodes stands still',
    hasTwoNodes: true,
    before: async ({ rpc, sandbox }) => rpc.add(rpcFaults.staleHead(await sandbox.blockNumber())),
  },
  {
    name: 'one of two nodes forges the receipt of what it lost',
    hasTwoNodes: true,
    before: (scene) => forgeReceipts(scene),
  },
]

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ slotsInAnEpoch: 3 })
  return () => sandbox.stop()
})

const finalities = ['latest', 'finalized'] as const

describe.each(finalities)('final is %s', (finality) => {
  const turn = finalities.indexOf(finality)
  const cells = [...chainFaults, ...nodeFaults].filter(
    (_, index) => isExhaustive || (today + index) % finalities.length === turn,
  )
  const open = (hasTwoNodes: boolean): Promise<ChainCase> =>
    openChainCase(sandbox, {
      finality: { payment: finality, refund: finality },
      ...(hasTwoNodes && { agreementRpcUrl: sandbox.rpcUrl }),
    })
  const lift = async (scene: ChainCase, over: Fault['over']): Promise<void> => {
    scene.rpc.clear()
    await over?.(scene)
    await sandbox.resumeBlocks()
  }

  test.each(cells)(
    'a payment is taken once and served: $name',
    async ({ before, after, over, hasTwoNodes = false }) => {
      await using scene = await open(hasTwoNodes)
      const { shop, buyer, pay } = scene
      await before?.(scene)
      const first = await pay()
      await after?.(scene)
      const paidFor = (await sandbox.transfers({ from: buyer.address })).length
      if (first.status !== 200 || paidFor === 0)
        expect([first.status, first.json.retry]).toEqual([503, 'later'])
      await shop.key0().recover()
      expect((await scene.record()).intent?.stage, 'nothing is given up').not.toBe('VOID')
      await lift(scene, over)
      expect((await scene.insist()).status).toBe(200)
      await scene.settle()
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(shop.issuer.calls).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    },
  )

  test.each(cells)(
    'a refund is made once: $name',
    async ({ before, after, over, hasTwoNodes = false }) => {
      await using scene = await open(hasTwoNodes)
      const { shop, buyer, lose, refund, record } = scene
      await lose()
      await before?.(scene)
      await refund().catch(() => {})
      await after?.(scene)
      await refund().catch(() => {})
      await expectNothingFeigned(await record(), () => refundsOf(scene))
      await lift(scene, over)
      await scene.settle()
      expect((await record()).state).toBe('REFUNDED')
      expect(await refundsOf(scene)).toBe(1)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    },
  )

  test('a refund waits while the token is paused, and is made when it is not', async () => {
    await using scene = await open(false)
    const { lose, refund, record, settle, shop } = scene
    await lose()
    await sandbox.pause()
    const [result] = await refund()
    expect(result).toMatchObject({ pending: true, error: 'the token is paused' })
    expect(await record()).toMatchObject({ state: 'REFUND_PENDING', refund: { stage: 'BLOCKED' } })
    await sandbox.unpause()
    await settle()
    expect((await record()).state).toBe('REFUNDED')
    expect(await refundsOf(scene)).toBe(1)
    expect(await checkBooks(shop)).toEqual([])
  })

  test.each(['buyer', 'seller'] as const)(
    'a refund that the token refuses the %s is left to a person',
    async (who) => {
      await using scene = await open(false)
      const { lose, refund, record, settle, shop, buyer } = scene
      await lose()
      const { address } = who === 'buyer' ? buyer : shop.seller
      await sandbox.blacklist(address)
      await refund()
      await refund()
      expect(await record()).toMatchObject({ state: 'REFUND_FAILED' })
      expect(await refundsOf(scene)).toBe(0)
      await sandbox.unblacklist(address)
      await settle()
      expect((await record()).state, 'nobody asked').toBe('REFUND_FAILED')
      expect(await checkBooks(shop)).toEqual([])
    },
  )

  test('a refund that the seller cancelled on chain is left to a person', async () => {
    await using scene = await open(false)
    const { lose, refund, record, settle, shop } = scene
    await lose()
    await sandbox.stallBlocks()
    await refund()
    const { nonce } = (await record()).refund ?? {}
    if (!nonce) throw new Error('the refund was not begun')
    for (const hash of await readPool(sandbox)) await sandbox.dropTransaction(hash)
    await cancelAuthorization(sandbox, shop.seller, nonce)
    await sandbox.resumeBlocks()
    await settle()
    expect(await record()).toMatchObject({
      state: 'REFUND_FAILED',
      refundError: 'the refund was cancelled on chain',
    })
    expect(await refundsOf(scene)).toBe(0)
    expect(await checkBooks(shop)).toEqual([])
  })
})

async function refundsOf({ sandbox: chain, shop, buyer }: ChainCase): Promise<number> {
  return (await chain.transfers({ from: shop.seller.address, to: buyer.address })).length
}

/** While nothing can be known, nothing is called done, and nothing is called failed. */
async function expectNothingFeigned(
  { state }: ChallengeRecord,
  count: () => Promise<number>,
): Promise<void> {
  if (state === 'REFUNDED') expect(await count(), 'REFUNDED').toBe(1)
  else expect(['PAID', 'REFUND_PENDING']).toContain(state)
}
