import { deriveWallet, startSandbox } from '@key0/sandbox'
import type { Bar, Bench, BenchOptions, Report } from '../Bench.ts'
import { countEach, percentile, round } from '../stats.ts'
import { type Buyer, createBuyer, type Purchase } from './Buyer.ts'
import { startGateway } from './startGateway.ts'
import { watchBlocks } from './watchBlocks.ts'

/** Whole purchases: the price asked, signed, paid on chain, granted. */
export const flows: Bench = {
  name: 'flows',
  summary: 'whole purchases with one gas wallet: 1, 20 and 100 buyers at a time',
  run,
}

type Plan = {
  readonly blockTimeSeconds?: number
  readonly buyers: number
  /** How many purchases each makes, one after the other. */
  readonly each: number
  /** Purchases begin at this rate instead, whether or not earlier ones are done. */
  readonly perSecond?: number
}

type Result = Plan & {
  readonly purchases: readonly Purchase[]
  readonly blocks: readonly number[]
  readonly tookMs: number
  readonly cpuMs: number
  /** Found on chain afterwards: transfers to the seller. */
  readonly transfers: number
}

const aim = { buyers: 100, perSecond: 25, blocks: 3 } as const

const full: readonly Plan[] = [
  { buyers: 1, each: 20 },
  { buyers: 20, each: 5 },
  { buyers: 100, each: 3 },
  { buyers: 1, each: 5, blockTimeSeconds: 2 },
  { buyers: 20, each: 3, blockTimeSeconds: 2 },
  { buyers: 100, each: 1, blockTimeSeconds: 2 },
  { buyers: 100, each: 4, blockTimeSeconds: 2 },
  { buyers: 100, each: 3, blockTimeSeconds: 2, perSecond: 25 },
]

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  const plans: readonly Plan[] = isQuick ? [{ buyers: 3, each: 1 }] : full
  const results: Result[] = []
  for (const plan of plans) {
    say(`${titleOf(plan)}…`)
    results.push(await measure(plan))
  }
  return {
    bench: 'flows',
    tables: [
      {
        title: 'Challenge, signature, payment, grant; embedded store, one gas wallet',
        columns: [
          'blocks',
          'buyers',
          'flows',
          'rate/s',
          'p50 s',
          'p99 s',
          'p50 blocks',
          'p99 blocks',
          'refused',
          'gateway CPU ms/flow',
        ],
        rows: results.map(toRow),
      },
    ],
    bars: [...results.filter(isJudged).map(toBar), toTruth(results)],
    notes: [
      'Latency is from the first request to the grant, signing included.',
      'Latency in blocks is the head when the grant came minus the head when the buyer began.',
      'Buyers, chain and gateway share the cores: the gateway alone does better than this.',
    ],
  }
}

async function measure(plan: Plan): Promise<Result> {
  const { buyers: count, blockTimeSeconds } = plan
  const names = Array.from({ length: count }, (_, at) => `buyer-${at}` as const)
  await using sandbox = await startSandbox({
    wallets: names,
    ...(blockTimeSeconds && { blockTimeSeconds }),
  })
  await using gateway = await startGateway(sandbox)
  const buyers = names.map((name) => createBuyer(gateway.url, sandbox, deriveWallet(name)))
  // The first purchase of a process compiles its code and learns the gas nonce.
  const warmUp = await createBuyer(gateway.url, sandbox, sandbox.wallets.buyer).buy()
  if (warmUp.outcome !== 'granted') throw new Error(`the first purchase ended ${warmUp.outcome}`)

  await gateway.usage()
  using heads = watchBlocks(sandbox)
  await heads.begun
  const fromBlock = (await sandbox.blockNumber()) + 1n
  const startedAt = performance.now()
  const purchases = await (plan.perSecond
    ? arrive(buyers, plan.each, plan.perSecond)
    : crowd(buyers, plan))
  const tookMs = performance.now() - startedAt
  const { cpuUs } = await gateway.usage()
  const transfers = await sandbox.transfers({ to: sandbox.wallets.seller.address, fromBlock })
  const blocks = purchases.map((it) => heads.at(it.endedAtMs) - heads.at(it.startedAtMs))
  return { ...plan, purchases, blocks, tookMs, cpuMs: cpuUs / 1000, transfers: transfers.length }
}

/** All at once, and each again as soon as it was served. */
async function crowd(buyers: readonly Buyer[], { each }: Plan): Promise<readonly Purchase[]> {
  const all = buyers.map(async (buyer) => {
    const bought: Purchase[] = []
    for (let at = 0; at < each; at += 1) bought.push(await buyer.buy())
    return bought
  })
  return (await Promise.all(all)).flat()
}

/** Purchases begin at a steady rate, buyer after buyer, however many are still waiting. */
async function arrive(
  buyers: readonly Buyer[],
  each: number,
  perSecond: number,
): Promise<readonly Purchase[]> {
  const turns = Array.from({ length: each }, () => buyers).flat()
  const all = turns.map(async (buyer, at) => {
    await new Promise((done) => setTimeout(done, (at * 1000) / perSecond))
    return await buyer.buy()
  })
  return await Promise.all(all)
}

const granted = ({ purchases }: Result): readonly Purchase[] =>
  purchases.filter(({ outcome }) => outcome === 'granted')

const rateOf = (result: Result): number => granted(result).length / (result.tookMs / 1000)

function titleOf({ buyers, each, blockTimeSeconds, perSecond }: Plan): string {
  const blocks = blockTimeSeconds ? `blocks every ${blockTimeSeconds} s` : 'blocks at once'
  return perSecond
    ? `${buyers} buyers, ${perSecond} purchases begun a second, ${blocks}`
    : `${buyers} at a time, ${each} purchases each, ${blocks}`
}

function toRow(result: Result): readonly (string | number)[] {
  const took = result.purchases.map(({ tookMs }) => tookMs / 1000)
  const refused = result.purchases.filter(({ outcome }) => outcome !== 'granted')
  const codes = countEach(refused.map(({ outcome }) => outcome)).map((it) => it.join(' × '))
  const { buyers, perSecond, blockTimeSeconds, purchases, blocks } = result
  const isTimed = blockTimeSeconds !== undefined
  return [
    isTimed ? `every ${blockTimeSeconds} s` : 'at once',
    perSecond ? `${buyers} at ${perSecond}/s` : `${buyers} at a time`,
    purchases.length,
    round(rateOf(result), 1),
    round(percentile(took, 0.5), 2),
    round(percentile(took, 0.99), 2),
    isTimed ? `${percentile(blocks, 0.5)}` : '-',
    isTimed ? `${percentile(blocks, 0.99)}` : '-',
    codes.length > 0 ? codes.join(', ') : '0',
    round(result.cpuMs / purchases.length, 1),
  ]
}

const isJudged = ({ blockTimeSeconds, buyers, each, perSecond }: Result): boolean =>
  blockTimeSeconds === 2 && buyers === aim.buyers && (each > 1 || perSecond !== undefined)

function toBar(result: Result): Bar {
  const rate = rateOf(result)
  const p99 = percentile(result.blocks, 0.99)
  const refused = result.purchases.length - granted(result).length
  // Who comes at a rate cannot be served faster than that; what is judged then is the wait.
  const isPaced = result.perSecond !== undefined
  const isFast = isPaced || rate >= aim.perSecond
  const pace = isPaced ? '' : `${aim.perSecond}/s, `
  return {
    promise: `${titleOf(result)}: ${pace}p99 within ${aim.blocks} blocks, none refused`,
    measured: `${round(rate, 1)}/s, p99 ${p99} blocks, ${refused} refused`,
    isReached: isFast && p99 <= aim.blocks && refused === 0,
  }
}

/** Speed is worth nothing if the chain does not agree. */
function toTruth(results: readonly Result[]): Bar {
  const sold = results.reduce((sum, it) => sum + granted(it).length, 0)
  const transfers = results.reduce((sum, it) => sum + it.transfers, 0)
  return {
    promise: 'as many transfers on chain as grants',
    measured: `${transfers} transfers, ${sold} grants`,
    isReached: sold === transfers,
  }
}
