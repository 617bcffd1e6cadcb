import type { ChallengeStore } from '@key0/core'
import type { Logger } from 'pino'
import type { RefundConfig } from './readRefunds.ts'

/** The refund pass of a process without a key: it skips, and says what it skipped. */
export async function reportWaiting(
  store: ChallengeStore,
  { minAgeMs, batchSize }: Pick<RefundConfig, 'minAgeMs' | 'batchSize'>,
  log: Logger,
): Promise<void> {
  const waiting = await store.findPendingForRefund(new Date(Date.now() - minAgeMs), batchSize)
  if (waiting.length === 0) return
  const payments = waiting.length < batchSize ? waiting.length : `${batchSize} or more`
  log.warn({ payments }, 'refunds are due and skipped: KEY0_WALLET_PRIVATE_KEY is not set')
}
