import { findMoney, toJson } from '@key0/app-kit'
import { inspectMoney, moneyKinds } from '@key0/core'
import { toAge, toAmount, toRow, toTable } from '../print.ts'
import { type Action, toQuestion } from '../toCommand.ts'

const PAGE = 50

/** Looking, which changes nothing. */
export const queueActions: Readonly<Record<'list' | 'inspect', Action>> = {
  list: {
    description: 'List money that is not settled, oldest first',
    ids: 'none',
    flags: {
      kind: { type: 'string', description: `One or more of ${moneyKinds.join(', ')}` },
      'older-than': { type: 'string', description: 'Such as 30m, 6h or 2d' },
      payee: { type: 'string', description: 'Only paid to this wallet' },
      payer: { type: 'string', description: 'Only paid by this wallet' },
      limit: { type: 'string', description: `How many; default ${PAGE}` },
      offset: { type: 'string', description: 'How many of the oldest to pass over' },
    },
    run: async (desk, values) => {
      // A page of money is at most as long as the use case lets it be.
      const list = await findMoney(desk.ctx, { ...toQuestion(values), most: 1_000 })
      const { refunds } = list
      const totals = Object.entries(list.totals).map(
        ([kind, { count, value }]) => `${count} ${kind}, ${toAmount(value)}`,
      )
      const lines = [
        ...(refunds.isStopped ? [`Refunds are STOPPED by ${refunds.by}: ${refunds.reason}`] : []),
        ...(totals.length > 0 ? [totals.join('; ')] : ['Nothing is open.']),
        ...(list.isPartial ? ['There is more than was read: these are not the totals.'] : []),
        toTable(list.items.map(toRow)),
      ]
      return { text: lines.filter((line) => line !== '').join('\n'), data: list }
    },
  },
  inspect: {
    description: 'Show one challenge: its record, its history, and what happens next',
    ids: 'one',
    flags: { chain: { type: 'boolean', description: 'Ask the chain for its refund, too' } },
    run: async ({ ctx, chain, config }, { ids, flags }) => {
      const asked = flags.chain
        ? { ...ctx, chain: await chain(), finality: config.finality.refund }
        : ctx
      const seen = await inspectMoney(asked, ids[0] ?? '')
      const { record, money, history, next, sighting } = seen
      const trail = history.map(({ at, from, to, actor, reason }) => [
        ...[at.toISOString(), `${from ?? 'new'} -> ${to}`, actor, reason ?? ''],
      ])
      const lines = [
        `${record.challengeId} is ${record.state}${money ? ` (${money.kind})` : ''}`,
        `Next: ${next}`,
        ...(money ? [`Open: ${toAmount(money.value, money.asset)} for ${toAge(money.ageMs)}`] : []),
        ...(sighting ? [`On chain: ${sighting.kind} ${sighting.txHash ?? ''}`.trimEnd()] : []),
        toJson(record),
        toTable(trail),
      ]
      return { text: lines.join('\n'), data: seen }
    },
  },
}
