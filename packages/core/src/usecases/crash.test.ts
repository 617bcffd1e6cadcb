import { expect, test } from 'vitest'
import { type Campaign, flows, runFlow, runPairs, runSingles } from '../testing/crashFlows.ts'

// Two faults that are far apart rarely meet; KEY0_EXHAUSTIVE=1 tries every pair (some minutes).
const exhaustive = process.env.KEY0_EXHAUSTIVE === '1'
const reaches = {
  ...{ paid: 99, proven: 99, refunded: 2, undecided: 2, expired: 1, abandoned: 1 },
  ...{ request: 4, unanswered: 1, stream: 4 },
}

function report(what: string, name: string, { runs, failures }: Campaign): void {
  process.stdout.write(`${what} of "${name}": ${runs} runs, ${failures.length} broken promises\n`)
}

test.each(Object.values(flows))('$name: without faults every promise holds', async (flow) => {
  const { points, problems } = await runFlow(flow)
  expect(problems).toEqual([])
  expect(points.length).toBeGreaterThan(10)
})

test.each(Object.values(flows))('$name: any one fault at any point', async (flow) => {
  const campaign = await runSingles(flow)
  report('single faults', flow.name, campaign)
  expect(campaign.failures).toEqual([])
})

test.each(Object.entries(reaches))(
  '%s: two faults',
  async (name, near) => {
    const flow = flows[name as keyof typeof flows]
    const reach = exhaustive ? Number.POSITIVE_INFINITY : near
    const campaign = await runPairs(flow, { reach })
    report('pairs of faults', name, campaign)
    expect(campaign.failures).toEqual([])
  },
  exhaustive ? 600_000 : 60_000,
)
