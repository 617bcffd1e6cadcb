import { type Sandbox, startSandbox } from '@key0/sandbox'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import {
  type ChainCase,
  goDownAfterSending,
  openChainCase,
  spoilSending,
} from '../src/openChainCase.ts'

/*
 * A reorganisation of one to six blocks at every stage of a payment and of its refund. What was in
 * the newest blocks is gone, or is mined again in another block; afterwards the buyer has its goods
 * for one payment, or its money back once. Where the latest block counts as final, what it said is
 * believed for good, and what a reorganisation then takes back is not noticed: nothing is paid
 * twice, but goods may have been handed out for nothing, and a refund may be missing. Each day
 * other depths are tried; KEY0_EXHAUSTIVE=1 tries all.
 */
const isExhaustive = process.env.KEY0_EXHAUSTIVE === '1'
const today = Math.floor(Date.now() / 86_400_000)
const depths = [1, 2, 3, 4, 5, 6] as const

/** Where a payment or a refund stands when the chain is reorganised. */
type Stage = {
  readonly name: string
  readonly of: 'payment' | 'refund'
  /** The chain was asked and has told: by the policy, this may be its last word. */
  readonly isSeen?: true
  /** Leaves what it sent, if anything, in the newest block. */
  readonly reach: (scene: ChainCase) => Promise<unknown>
}

const stages: readonly Stage[] = [
  {
    name: 'the intent is stored and nothing sent',
    of: 'payment',
    async reach({ rpc, pay }) {
      spoilSending(rpc, { kind: 'status', status: 503 })
      expect((await pay()).status).toBe(503)
    },
  },
  {
    name: 'the payment waits in the pool',
    of: 'payment',
    async reach({ sandbox, pay }) {
      await sandbox.stallBlocks()
      expect((await pay()).status).toBe(503)
    },
  },
  {
    name: 'the payment is mined and nobody has seen it',
    of: 'payment',
    async reach({ rpc, pay }) {
      goDownAfterSending(rpc)
      expect((await pay()).status).toBe(503)
    },
  },
  {
    name: 'the payment is seen',
    of: 'payment',
    isSeen: true,
    async reach({ shop, pay }) {
      shop.issuer.behave('throws')
      expect([502, 503]).toContain((await pay()).status)
    },
  },
  {
    name: 'the goods are delivered',
    of: 'payment',
    isSeen: true,
    async reach({ pay }) {
      expect([200, 503]).toContain((await pay()).status)
    },
  },
  {
    name: 'the refund is signed and nothing sent',
    of: 'refund',
    async reach({ rpc, lose, refund, record }) {
      await lose()
      rpc.add({ method: 'eth_getTransactionCount', effect: { kind: 'status', status: 503 } })
      await refund()
      const signed = { signature: expect.anything(), carriers: [] }
      expect(await record()).toMatchObject({ refund: signed })
    },
  },
  {
    name: 'the refund waits in the pool',
    of: 'refund',
    async reach({ sandbox, lose, refund, record }) {
      await lose()
      await sandbox.stallBlocks()
      await refund()
      expect(await record()).toMatchObject({ refund: { stage: 'SENT' } })
    },
  },
  {
    name: 'the refund is mined and nobody has seen it',
    of: 'refund',
    async reach({ rpc, lose, refund, record }) {
      await lose()
      goDownAfterSending(rpc)
      await refund()
      expect(await record()).toMatchObject({ refund: { stage: 'SENT' } })
    },
  },
  {
    name: 'the refund is seen',
    of: 'refund',
    isSeen: true,
    async reach({ lose, refund, record }) {
      await lose()
      await refund()
      expect(['MINED', 'FINAL']).toContain((await record()).refund?.stage)
    },
  },
]

const policies = [
  ['everything must be final', { payment: 'finalized', refund: 'finalized' }],
  ['a sale needs no more than the latest block', { payment: 'latest', refund: 'finalized' }],
  ['the latest block counts as final', { payment: 'latest', refund: 'latest' }],
] as const

let sandbox: Sandbox
beforeAll(async () => {
  // `finalized` is six blocks behind the head: no reorganisation here goes deeper.
  sandbox = await startSandbox({ slotsInAnEpoch: 3 })
  return () => sandbox.stop()
})

describe.each(policies)('%s; the chain is reorganised when', (_, finality) => {
  const cells = stages.flatMap((stage, index) =>
    depths
      .filter((depth) => isExhaustive || (today + index) % depths.length === depth - 1)
      .map((depth) => ({ ...stage, depth })),
  )
  test.each(cells)('$name, $depth deep', async ({ of, isSeen, reach, depth }) => {
    await using scene = await openChainCase(sandbox, { finality })
    await reach(scene)
    if (depth > 1) await sandbox.mine(depth - 1)
    await sandbox.reorg(depth)
    scene.rpc.clear()
    await sandbox.resumeBlocks()
    scene.shop.issuer.behave('works')
    if (of === 'payment') expect((await scene.insist()).status).toBe(200)
    await scene.settle()
    const { shop, buyer } = scene
    const paid = await sandbox.transfers({ from: buyer.address })
    const back = await sandbox.transfers({ from: shop.seller.address, to: buyer.address })
    const isBelievedTooSoon = isSeen === true && finality.refund === 'latest'
    const transfers = { paid: 1, back: of === 'refund' ? 1 : 0 }
    if (isBelievedTooSoon) transfers[of === 'payment' ? 'paid' : 'back'] = 0
    expect({ paid: paid.length, back: back.length }).toEqual(transfers)
    expect((await scene.record()).state).toBe(of === 'refund' ? 'REFUNDED' : 'DELIVERED')
    if (!isBelievedTooSoon) expect(await checkBooks(shop)).toEqual([])
  })
})
