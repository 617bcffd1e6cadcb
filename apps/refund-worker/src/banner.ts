import type { Worker } from './compose.ts'
import type { WorkerConfig } from './WorkerConfig.ts'

/** What this process is and does, line by line, without secrets. */
export function banner(
  config: WorkerConfig,
  worker: Pick<Worker, 'port' | 'receiving' | 'paying' | 'warnings'>,
): string {
  const { storage, refunds, network, queueUrls, gasWalletPrivateKeys } = config
  const { receiving, paying } = worker
  const isEnabled = receiving.length > 0
  const rows: readonly (readonly [string, string])[] = [
    ['Port', `${worker.port}`],
    ['Network', network === 'mainnet' ? 'mainnet (Base, 8453)' : 'testnet (Base Sepolia, 84532)'],
    ['Storage', storage.kind === 'embedded' ? `embedded (${storage.dataDir})` : storage.kind],
    [
      'Schedule',
      queueUrls.length > 0 ? 'BullMQ, shared by all workers' : 'a timer of this process',
    ],
    ['Refund cron', `every ${refunds.intervalMs} ms, ${refunds.batchSize} at most`],
    ['Refund grace', `${refunds.minAgeMs} ms`],
    ['Refunds', isEnabled ? 'ENABLED' : 'DISABLED (set KEY0_WALLET_PRIVATE_KEY)'],
    ['Refunds from', receiving.join(', ') || 'none'],
    ['Gas from', paying.join(', ') || 'none'],
    ['Keys held', keysHeld(receiving.length, gasWalletPrivateKeys.length)],
  ]
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)}${value}`)
  const warnings = [...config.warnings, ...worker.warnings].map((text) => `  ! ${text}`)
  return ['', 'Key0 refund worker', ...lines, ...warnings, ''].join('\n')
}

function keysHeld(receiving: number, paying: number): string {
  const keys = [
    receiving > 0 && `${receiving} receiving (sign refunds)`,
    paying > 0 && `${paying} gas (pay for transactions)`,
  ].filter((key) => typeof key === 'string')
  return keys.length > 0 ? keys.join(', ') : 'none'
}
