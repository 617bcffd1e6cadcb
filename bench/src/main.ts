import type { Bench, Report } from './Bench.ts'
import { discovery } from './discovery/discovery.ts'
import { flows } from './flows/flows.ts'
import { issue } from './issue/issue.ts'
import { issueStores } from './issue/issueStores.ts'
import { middleware } from './middleware/middleware.ts'
import { postgres } from './postgres/postgres.ts'
import { readMachine, toText } from './print.ts'
import { proxy } from './proxy/proxy.ts'
import { redis } from './redis/redis.ts'
import { refunds } from './refunds/refunds.ts'
import { rpc } from './rpc/rpc.ts'
import { scan } from './scan/scan.ts'
import { start } from './start/start.ts'
import { store } from './store/store.ts'
import { webhooks } from './webhooks/webhooks.ts'

const benches: readonly Bench[] = [
  issue,
  issueStores,
  discovery,
  middleware,
  proxy,
  flows,
  start,
  rpc,
  store,
  redis,
  postgres,
  scan,
  refunds,
  webhooks,
]

const usage = `npm run bench -- [NAME…] [--json] [--quick]

${benches.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

Without a name all of them run, one after the other: about fifteen minutes.

  --json    the figures as JSON on standard output; progress goes to standard error
  --quick   tiny counts: shows that everything runs, the figures mean nothing
  --help    this text`

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith('--'))
  const unknown = [
    ...args.filter((it) => it.startsWith('--') && !['--json', '--quick', '--help'].includes(it)),
    ...names.filter((it) => !benches.some(({ name }) => name === it)),
  ]
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(' ')}\n\n${usage}`)
  if (args.includes('--help')) return console.log(usage)

  const isQuick = args.includes('--quick')
  const isJson = args.includes('--json')
  const machine = readMachine()
  if (!isJson)
    console.log(
      Object.entries(machine)
        .map((it) => it.join(' '))
        .join(' · '),
    )
  const reports: Report[] = []
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue
    const say = (text: string): void => console.error(`${bench.name}: ${text}`)
    const measured = await bench.run({ isQuick, say })
    // Tiny counts show that everything runs; what they say about a bar would be chance.
    const report = isQuick ? { ...measured, bars: [] } : measured
    reports.push(report)
    if (!isJson) console.log(`\n${toText(report)}`)
  }
  if (isJson) console.log(JSON.stringify({ machine, isQuick, reports }, null, 2))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  process.exitCode = 1
})
