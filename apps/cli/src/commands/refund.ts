import { parsePrice, type RefundPlan, refundNow } from '@key0/core'
import { DECIMALS, toAmount } from '../print.ts'
import { type Action, orderFlags, readOrder } from '../toCommand.ts'

/** Sends a payment back now. */
export const refundAction: Action = {
  description: 'Return a payment now, whole or in part; there is one refund for each payment',
  ids: 'one',
  flags: {
    ...orderFlags,
    amount: { type: 'string', description: 'Such as 0.05: the seller keeps the rest' },
    'dry-run': { type: 'boolean', description: 'Say what would be sent, and change nothing' },
  },
  run: async (desk, values) => {
    const { flags, ids } = values
    const dryRun = flags['dry-run'] === true
    const order = dryRun ? { actor: '', reason: '' } : readOrder(values)
    const amount = typeof flags.amount === 'string' ? parsePrice(flags.amount, DECIMALS) : undefined
    const { gasPayers, ...ctx } = await desk.refunds()
    const asked = { ...order, dryRun, ...(amount !== undefined && { amount }) }
    const { plan, outcome } = await refundNow(ctx, ids[0] ?? '', asked)
    const lines = describe(plan, gasPayers, dryRun)
    if (!outcome) return { text: lines.join('\n'), data: { dryRun, plan, gasPayers } }
    const { kind, record } = outcome
    const reason = kind === 'refunded' ? '' : `: ${outcome.reason}`
    const transaction = record.refundTxHash && { refundTxHash: record.refundTxHash }
    lines.push(
      `It is ${record.state}${reason}`,
      ...(transaction ? [record.refundTxHash ?? ''] : []),
    )
    const data = { dryRun, plan, gasPayers, outcome: kind, state: record.state, ...transaction }
    return { text: lines.join('\n'), data }
  },
}

function describe(plan: RefundPlan, gasPayers: readonly string[], dryRun: boolean): string[] {
  const { value, from, to, kept, nonce, releases, obstacles, warnings } = plan
  return [
    `${dryRun ? 'Would send' : 'Sends'} ${toAmount(value)}`,
    `  from ${from}`,
    `  to   ${to}`,
    `  the seller keeps ${toAmount(kept)}`,
    `  gas from ${gasPayers.join(' or ')}`,
    `  nonce ${nonce}`,
    ...(releases === undefined ? [] : [`  releases it; held: ${releases}`]),
    ...obstacles.map((text) => `  IN THE WAY: ${text}`),
    ...warnings.map((text) => `  MIND: ${text}`),
  ]
}
