import type { Hash, Hex, Journal, SignedAuthorization, Submission, Submitted } from '@key0/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askNode, keep, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createEvmChain, type EvmChain } from '../exports/index.ts'
import { createGasWalletSettler, type GasWalletSettler } from '../settle/createGasWalletSettler.ts'
import { createSender } from './createSender.ts'
import type { WalletLock } from './WalletLock.ts'

let rig: TestRig
const open: { close: () => void }[] = []
beforeEach(async () => {
  rig = await startRig()
})
afterEach(async () => {
  for (const it of open.splice(0)) it.close()
  await rig[Symbol.asyncDispose]()
})

/** Turns within this test, as a lock between processes gives them. */
function createTurns(): WalletLock & { readonly count: () => number; readonly most: () => number } {
  let last: Promise<unknown> = Promise.resolve()
  let count = 0
  let holders = 0
  let most = 0
  return {
    count: () => count,
    most: () => most,
    hold: async (_, work) => {
      const turn = last.then(async () => {
        count += 1
        holders += 1
        most = Math.max(most, holders)
        return await work().finally(() => {
          holders -= 1
        })
      })
      last = turn.catch(() => undefined)
      return await turn
    },
  }
}

/** A settler with nonces of its own, as another process has, by its own spelling of the URL. */
async function startProcess(id: number, lock?: WalletLock): Promise<GasWalletSettler> {
  const rpcUrls = `${rig.proxy.url}/?process=${id}`
  const chain: EvmChain = await createEvmChain({ network: 'testnet', rpcUrls, pollingMs: 25 })
  const { privateKey } = rig.sandbox.wallets.gas
  const settler = createGasWalletSettler({ chain, privateKey, ...(lock && { lock }) })
  open.push(chain, settler.sender)
  return settler
}

async function submit(
  settler: GasWalletSettler,
  authorization: SignedAuthorization,
  journal: Journal = keep().journal,
): Promise<Submitted> {
  const { offer } = rig
  return await settler.submit({ token: offer.token, offer, authorization, previous: [] }, journal)
}

/** What the wallet's transactions did, by the blocks of the chain. */
async function readMined(): Promise<{ readonly all: number; readonly wasted: number }> {
  const { sandbox } = rig
  const { gas } = sandbox.wallets
  const all = Number(
    await askNode<Hex>(sandbox, 'eth_getTransactionCount', [gas.address, 'latest']),
  )
  const transfers = await sandbox.transfers({ to: rig.offer.payTo })
  const useful = new Set(transfers.map((it): Hash => it.transactionHash))
  // Not the mint that funded the seller.
  return { all, wasted: all - (useful.size - 1) }
}

test.each([2, 8])(
  '%i processes settle 200 payments from one wallet, and no gas is wasted',
  async (processes) => {
    const lock = createTurns()
    const settlers = await Promise.all(
      Array.from({ length: processes }, async (_, id) => await startProcess(id, lock)),
    )
    const payments = await Promise.all(Array.from({ length: 200 }, async () => await rig.pay()))
    const carriers: number[] = []
    const settle = async (payment: SignedAuthorization, index: number): Promise<string> => {
      const { journal, kept } = keep()
      const settler = settlers[index % processes] as GasWalletSettler
      const { kind } = await submit(settler, payment, journal)
      carriers.push(kept.length)
      return kind
    }
    const told: string[] = []
    for (let start = 0; start < 200; start += 40)
      told.push(...(await Promise.all(payments.slice(start, start + 40).map(settle))))
    expect(told).toEqual(Array(200).fill('submitted'))
    const seen = await Promise.all(
      payments.map(async (it) => await rig.chain.observe(toQuery(it, { waitMs: 20_000 }))),
    )
    expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['confirmed']))
    expect(await readMined()).toEqual({ all: 200, wasted: 0 })
    expect(carriers).toEqual(Array(200).fill(1))
    // What waits in one process shares a turn.
    expect(lock.most()).toBe(1)
    expect(lock.count()).toBeLessThan(100)
  },
)

test('a wallet that was looked at before anybody had a lock for it takes turns all the same', async () => {
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: rig.proxy.url, pollingMs: 25 })
  const { privateKey } = rig.sandbox.wallets.gas
  createSender({ chain, privateKey })
  const lock = createTurns()
  const settler = createGasWalletSettler({ chain, privateKey, lock })
  open.push(chain, settler.sender)
  expect((await submit(settler, await rig.pay())).kind).toBe('submitted')
  expect(lock.count()).toBe(1)
})

test('a turn that never came fails no payment for good, and nothing of it was signed', async () => {
  let isBusy = true
  const turns = createTurns()
  const lock: WalletLock = {
    hold: async (address, work) => {
      if (isBusy) throw new Error('another process holds it')
      return await turns.hold(address, work)
    },
  }
  const settler = await startProcess(1, lock)
  const payment = await rig.pay()
  const { journal, kept } = keep()
  const told = await submit(settler, payment, journal)
  // `refused` would end a payment that is tried only once.
  expect(told).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/holds it/) })
  expect(kept).toEqual([])
  isBusy = false
  expect((await submit(settler, payment, journal)).kind).toBe('submitted')
  expect((await rig.chain.observe(toQuery(payment, { waitMs: 5_000 }))).kind).toBe('confirmed')
})

test('a payment whose journal entry failed leaves no gap for other processes', async () => {
  const lock = createTurns()
  const [one, other] = [await startProcess(1, lock), await startProcess(2, lock)]
  const payments = await Promise.all(Array.from({ length: 9 }, async () => await rig.pay()))
  const carriers: Submission[] = []
  const told = await Promise.allSettled(
    payments.map(async (payment, index) => {
      const settler = index % 2 === 0 ? one : other
      return await submit(settler, payment, async (submission) => {
        await rig.chain.head()
        if (index % 3 === 0) throw new Error('moved')
        carriers.push(submission)
      })
    }),
  )
  expect(told.filter(({ status }) => status === 'rejected')).toHaveLength(3)
  const kept = payments.filter((_, index) => index % 3 !== 0)
  const seen = await Promise.all(
    kept.map(async (it) => await rig.chain.observe(toQuery(it, { waitMs: 5_000 }))),
  )
  expect(seen.map(({ kind }) => kind)).toEqual(Array(6).fill('confirmed'))
  expect(await readMined()).toEqual({ all: 6, wasted: 0 })
  expect(carriers).toHaveLength(6)
})

test('nobody fills a gas nonce that another process has in the pool', async () => {
  const lock = createTurns()
  const [one, other] = [await startProcess(1, lock), await startProcess(2, lock)]
  await rig.sandbox.stallBlocks()
  const payments = await Promise.all(Array.from({ length: 6 }, async () => await rig.pay()))
  for (const [index, payment] of payments.entries()) {
    await submit(index % 2 === 0 ? one : other, payment)
  }
  rig.proxy.clearCalls()
  // Both look after their transactions, more than once.
  const looked = { nth: 7, until: 'settled', timeoutMs: 20_000 } as const
  await rig.proxy.waitForCall('eth_getTransactionCount', looked)
  expect(rig.proxy.count('eth_sendRawTransaction')).toBe(0)
  await rig.sandbox.resumeBlocks()
  const seen = await Promise.all(
    payments.map(async (it) => await rig.chain.observe(toQuery(it, { waitMs: 5_000 }))),
  )
  expect(seen.map(({ kind }) => kind)).toEqual(Array(6).fill('confirmed'))
  expect(await readMined()).toEqual({ all: 6, wasted: 0 })
})

test('a process whose node does not know yet what another sent goes past it', async () => {
  const lock = createTurns()
  const [one, other] = [await startProcess(1, lock), await startProcess(2, lock)]
  await rig.sandbox.stallBlocks()
  const payments = await Promise.all(Array.from({ length: 3 }, async () => await rig.pay()))
  const [first, second, third] = payments as [SignedAuthorization, ...SignedAuthorization[]]
  await submit(one, first)
  rig.proxy.add({
    method: 'eth_getTransactionCount',
    effect: { kind: 'rewrite', result: () => '0x0' },
  })
  for (const payment of [second, third])
    expect((await submit(other, payment as SignedAuthorization)).kind).toBe('submitted')
  await rig.sandbox.resumeBlocks()
  const seen = await Promise.all(
    payments.map(async (it) => await rig.chain.observe(toQuery(it, { waitMs: 5_000 }))),
  )
  expect(seen.map(({ kind }) => kind)).toEqual(Array(3).fill('confirmed'))
  expect(await readMined()).toEqual({ all: 3, wasted: 0 })
})
