import {
  inspectMoney,
  Key0Error,
  listMoney,
  type MoneyKind,
  moneyKinds,
  readRefundSwitch,
} from '@key0/core'
import { toAge, toAmount, toJson, toRow, toTable } from '../print.ts'
import { type Action, malformed, type Values } from '../toCommand.ts'

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
      const { flags } = values
      const query = {
        ...readKinds(values),
        ...readAddressFlag(values, 'payee'),
        ...readAddressFlag(values, 'payer'),
        ...(typeof flags['older-than'] === 'string' && { minAgeMs: toMs(flags['older-than']) }),
        limit: toCount(values, 'limit', PAGE),
        offset: toCount(values, 'offset', 0),
      }
      const [list, refunds] = await Promise.all([
        listMoney(desk.ctx, query),
        readRefundSwitch(desk.ctx),
      ])
      const totals = Object.entries(list.totals).map(
        ([kind, { count, value }]) => `${count} ${kind}, ${toAmount(value)}`,
      )
      const lines = [
        ...(refunds.isStopped ? [`Refunds are STOPPED by ${refunds.by}: ${refunds.reason}`] : []),
        ...(totals.length > 0 ? [totals.join('; ')] : ['Nothing is open.']),
        ...(list.isPartial ? ['There is more than was read: these are not the totals.'] : []),
        toTable(list.items.map(toRow)),
      ]
      return { text: lines.filter((line) => line !== '').join('\n'), data: { ...list, refunds } }
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

function readKinds({ flags }: Values): { readonly kinds?: readonly MoneyKind[] } {
  if (typeof flags.kind !== 'string') return {}
  const kinds = flags.kind.split(',').map((part) => part.trim())
  const isKind = (text: string): text is MoneyKind => moneyKinds.some((kind) => kind === text)
  if (kinds.every(isKind)) return { kinds }
  throw malformed('--kind', `must be one or more of ${moneyKinds.join(', ')}`)
}

function readAddressFlag<name extends 'payee' | 'payer'>(
  { flags }: Values,
  name: name,
): { readonly [key in name]?: `0x${string}` } {
  const value = flags[name]
  if (value === undefined) return {}
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value))
    return { [name]: value } as { readonly [key in name]?: `0x${string}` }
  throw malformed(`--${name}`, 'must be an address')
}

function toMs(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const sizes: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }
  const size = sizes[unit ?? '']
  if (size === undefined) throw malformed('--older-than', 'must be like 30m, 6h or 2d')
  return Number(count) * size
}

function toCount({ flags }: Values, name: string, fallback: number): number {
  const value = flags[name]
  if (value === undefined) return fallback
  if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value)
  throw new Key0Error('REQUEST_MALFORMED', { facts: { [`--${name}`]: 'must be a whole number' } })
}
