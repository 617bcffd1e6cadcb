import type { MeasuredServer } from '../MeasuredServer.ts'
import { median, round } from '../stats.ts'
import { type Ask, sendLoad } from './sendLoad.ts'

const connections = 16
/** Turns that each server takes in a round. */
const slices = 10

/** Microseconds for each request, of the two servers that are compared. */
export type Round = {
  readonly key0Us: number
  readonly bareUs: number
  readonly key0WallUs: number
  readonly bareWallUs: number
}

export type Plan = {
  readonly ask: Ask
  readonly warmUp: number
  readonly count: number
  readonly rounds: number
}

type Cost = { readonly cpuUs: number; readonly wallUs: number }

/** Loads two servers in turns and tells what a request cost each in every round. */
export async function measureRounds(
  key0: MeasuredServer,
  bare: MeasuredServer,
  { ask, warmUp, count, rounds }: Plan,
  say: (text: string) => void,
): Promise<readonly Round[]> {
  say(`warming up with ${warmUp} requests each`)
  for (const server of [key0, bare]) await cost(server, ask, warmUp)
  const measured: Round[] = []
  for (let at = 0; at < rounds; at += 1) {
    const [ours, theirs]: [Cost[], Cost[]] = [[], []]
    for (let slice = 0; slice < slices; slice += 1) {
      // Short turns, first one then the other: what else the machine does strikes both alike.
      const key0First = (at + slice) % 2 === 0
      if (key0First) ours.push(await cost(key0, ask, count / slices))
      theirs.push(await cost(bare, ask, count / slices))
      if (!key0First) ours.push(await cost(key0, ask, count / slices))
    }
    const mean = (costs: readonly Cost[], of: keyof Cost): number =>
      costs.reduce((sum, one) => sum + one[of], 0) / slices
    measured.push({
      ...{ key0Us: mean(ours, 'cpuUs'), bareUs: mean(theirs, 'cpuUs') },
      ...{ key0WallUs: mean(ours, 'wallUs'), bareWallUs: mean(theirs, 'wallUs') },
    })
    say(`round ${at + 1} of ${rounds}: ${round(rateOf(measured.at(-1) as Round) * 100, 1)} %`)
  }
  return measured
}

async function cost(server: MeasuredServer, ask: Ask, count: number): Promise<Cost> {
  await server.usage()
  const startedAt = performance.now()
  await sendLoad(server.url, ask, count, connections)
  const wallUs = ((performance.now() - startedAt) * 1_000) / count
  return { cpuUs: (await server.usage()).cpuUs / count, wallUs }
}

/** What of the bare server's rate the other one has, by processor time. */
const rateOf = ({ key0Us, bareUs }: Round): number => bareUs / key0Us

/** All rates in percent, as a text. */
export const toRates = (rounds: readonly Round[]): string =>
  rounds.map((it) => round(rateOf(it) * 100, 1)).join(', ')

export const medianRate = (rounds: readonly Round[]): number => median(rounds.map(rateOf))
