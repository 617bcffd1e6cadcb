import { createReport } from './report.ts'
import { buy, discover, otherProtocols, refund, repeat, request, tamper } from './steps.ts'
import { startWorld } from './world.ts'

const usage = `npm run demo [-- --keep]

Starts a local chain with the real USDC contract, the standalone gateway and a small seller, and
walks purchases over x402, A2A and MCP, a repeat, a refund and a forgery through them, checking each on chain.

  --keep   stay up afterwards and print the addresses to try things by hand
  --help   this text`

async function main(args: readonly string[]): Promise<void> {
  const unknown = args.find((arg) => !['--keep', '--help'].includes(arg))
  if (unknown !== undefined) throw new Error(`Unknown option ${unknown}.\n\n${usage}`)
  if (args.includes('--help')) return console.log(usage)

  console.log('Key0: every paid request ends delivered or refunded on chain.\n')
  const report = createReport()
  await using world = await startWorld(report.say)
  await discover(world, report)
  const bought = await buy(world, report)
  await repeat(world, report, bought)
  await request(world, report)
  await otherProtocols(world, report)
  await refund(world, report)
  await tamper(world, report, bought)
  console.log('\nAll of the above was checked against the chain.')
  if (args.includes('--keep')) await keep(world.gateway.url, world.chain.rpcUrl)
}

async function keep(gatewayUrl: string, rpcUrl: string): Promise<void> {
  console.log(`
Still up; Ctrl-C ends it.
  gateway  ${gatewayUrl}
  chain    ${rpcUrl}
Try:
  curl ${gatewayUrl}/discover
  curl -i ${gatewayUrl}/photos/7
  curl -i -X POST ${gatewayUrl}/x402/access -H 'content-type: application/json' -d '{"planId":"report"}'`)
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`\n${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
})
