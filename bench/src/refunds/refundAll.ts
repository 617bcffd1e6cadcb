import { type ChainRow, createEvmChain, findChain } from '@key0/chain-evm'
import type { ChallengeStore, Hash, Hex } from '@key0/core'
import { createRefunds } from '@key0/refunds'
import { deployPlainToken, type PlainToken, startSandbox } from '@key0/sandbox'
import { createWalletLock, RedisChallengeStore } from '@key0/store-redis'
import { startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { percentile } from '../stats.ts'
import {
  keepAsUndelivered,
  makePayments,
  type PayersSandbox,
  payers,
  transferPayments,
} from './payUndelivered.ts'

export type Mode = {
  readonly blockTimeSeconds?: number
  readonly isBatched: boolean
  /** In a token without authorizations: each refund is a transfer of the wallet itself. */
  readonly isPlain?: boolean
  readonly workers: number
}

export type Measured = {
  readonly refunded: number
  readonly transfers: number
  /** Until the last record was REFUNDED. */
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly callsEach: number
  readonly requestsEach: number
  readonly gasEach: number
  readonly transactions: number
  /** Transactions of the wallet that carried no refund, of those that were mined. */
  readonly wasted: number
}

/** How long a run may take before what is left counts as not refunded. */
const mostMs = 180_000

/**
 * Workers over one Redis, one chain and one seller's wallet, which pays its own gas. All payments
 * are due when they begin.
 */
export async function refundAll(mode: Mode, count: number): Promise<Measured> {
  await using sandbox = await startSandbox({ wallets: payers })
  await using server = await startRedis({})
  const redis = new Redis(server.url)
  try {
    const store = new RedisChallengeStore({ redis })
    const plain = mode.isPlain ? await deployPlainToken(sandbox) : undefined
    const payments = plain
      ? await transferPayments(sandbox, plain, count)
      : await makePayments(sandbox, count)
    const ids = await keepAsUndelivered(sandbox, store, payments, plain ?? sandbox.usdc)
    if (!mode.isBatched) await hideMulticall(sandbox)
    if (mode.blockTimeSeconds) await sandbox.intervalMining(mode.blockTimeSeconds)
    const before = await countTransactions(sandbox)
    const calls = countCalls()
    const startedAtMs = Date.now()
    await work(mode.workers, { sandbox, plain, store, redis, startedAtMs })
    const { messages, requests } = calls.stop()
    const after = (await countTransactions(sandbox)) - before
    const times = await readTimes(store, ids, startedAtMs)
    const chain = await readCarriers(sandbox, plain ?? sandbox)
    return {
      refunded: times.length,
      transfers: chain.transfers,
      seconds: Math.max(...times),
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      callsEach: messages / count,
      requestsEach: requests / count,
      gasEach: Number(chain.gas) / count,
      transactions: after,
      wasted: after - chain.carriers,
    }
  } finally {
    redis.disconnect()
  }
}

type Place = {
  readonly sandbox: PayersSandbox
  readonly plain: PlainToken | undefined
  readonly store: ChallengeStore
  readonly redis: Redis
  readonly startedAtMs: number
}

/** Every worker has its own nonces and nodes, as a process of its own would. */
async function work(workers: number, place: Place): Promise<void> {
  const { sandbox, plain, store, redis, startedAtMs } = place
  const network = plain ? toRow(plain) : 'testnet'
  const lock = createWalletLock({ redis })
  const isOver = async (): Promise<boolean> => {
    if (Date.now() - startedAtMs > mostMs) return true
    const open = await store.due(new Date(Date.now() + 3_600_000), 1, 'REFUND_PENDING')
    const unclaimed = await store.findPendingForRefund(new Date(), 1)
    return open.length + unclaimed.length === 0
  }
  await Promise.all(
    Array.from({ length: workers }, async (_, index) => {
      const rpcUrls = `${sandbox.rpcUrl}/?worker=${index}`
      const chain = await createEvmChain({ network, rpcUrls })
      const refunds = createRefunds({
        ...{ store, chain, lock, minAgeMs: 0 },
        walletPrivateKey: sandbox.wallets.seller.privateKey,
      })
      while (!(await isOver())) {
        await refunds.run()
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
      chain.close()
    }),
  )
}

function toRow({ address, symbol, decimals }: PlainToken): ChainRow {
  const token = { address, symbol, decimals, transferMethod: 'transfer' } as const
  return { ...findChain('testnet'), tokens: [token] }
}

async function hideMulticall({ rpcUrl }: PayersSandbox): Promise<void> {
  await ask(rpcUrl, 'anvil_setCode', ['0xcA11bde05977b3631167028862bE2a173976CA11', '0x'])
}

async function countTransactions({ rpcUrl, wallets }: PayersSandbox): Promise<number> {
  const params = [wallets.seller.address, 'latest']
  return Number(await ask<Hex>(rpcUrl, 'eth_getTransactionCount', params))
}

async function readTimes(
  store: ChallengeStore,
  ids: readonly string[],
  startedAtMs: number,
): Promise<readonly number[]> {
  const records = await Promise.all(ids.map(async (id) => await store.get(id)))
  return records.flatMap((record) =>
    record?.refundedAt ? (record.refundedAt.getTime() - startedAtMs) / 1_000 : [],
  )
}

/** What carried refunds, and how many there were, by the chain's own logs. */
async function readCarriers(
  sandbox: PayersSandbox,
  { transfers: list }: Pick<PlainToken, 'transfers'> | Pick<PayersSandbox, 'transfers'>,
): Promise<{
  readonly transfers: number
  readonly carriers: number
  readonly gas: bigint
}> {
  const transfers = await list({ from: sandbox.wallets.seller.address })
  const hashes = [...new Set(transfers.map(({ transactionHash }): Hash => transactionHash))]
  let gas = 0n
  for (const hash of hashes) {
    const receipt = await ask<{ gasUsed: Hex }>(sandbox.rpcUrl, 'eth_getTransactionReceipt', [hash])
    gas += BigInt(receipt.gasUsed)
  }
  return { transfers: transfers.length, carriers: hashes.length, gas }
}

/** Counts JSON-RPC messages and the HTTP requests they share, in this process. */
function countCalls(): { readonly stop: () => { messages: number; requests: number } } {
  const real = globalThis.fetch
  let messages = 0
  let requests = 0
  globalThis.fetch = async (input, init) => {
    requests += 1
    if (typeof init?.body === 'string') messages += init.body.split('"jsonrpc"').length - 1
    return await real(input, init)
  }
  return {
    stop: () => {
      globalThis.fetch = real
      return { messages, requests }
    },
  }
}

async function ask<result>(
  url: string,
  method: string,
  params: readonly unknown[],
): Promise<result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return ((await response.json()) as { result: result }).result
}
