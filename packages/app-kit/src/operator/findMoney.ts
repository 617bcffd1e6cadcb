import {
  type Address,
  listMoney,
  type MoneyKind,
  type MoneyList,
  moneyKinds,
  type OperatorContext,
  type RefundSwitch,
  readRefundSwitch,
} from '@key0/core'
import { type Question, readLimit, readWhole } from './Question.ts'

/** How many of the oldest may be passed over; more are never read. */
const MOST_PASSED = 60_000

/** The queue of money that is not settled, and whether refunds are stopped. */
export async function findMoney(
  ctx: Pick<OperatorContext, 'store' | 'clock'>,
  ask: Question,
): Promise<MoneyList & { readonly refunds: RefundSwitch }> {
  const query = {
    ...readKinds(ask),
    ...readAddress(ask, 'payee'),
    ...readAddress(ask, 'payer'),
    ...readAge(ask),
    limit: readLimit(ask),
    offset: readWhole(ask, 'offset', { least: 0, most: MOST_PASSED, fallback: 0 }),
  }
  const [list, refunds] = await Promise.all([listMoney(ctx, query), readRefundSwitch(ctx)])
  return { ...list, refunds }
}

function readKinds(ask: Question): { readonly kinds?: readonly MoneyKind[] } {
  const text = ask.read('kind')
  if (text === undefined) return {}
  const kinds = text.split(',').map((part) => part.trim())
  const isKind = (part: string): part is MoneyKind => moneyKinds.some((kind) => kind === part)
  if (kinds.every(isKind)) return { kinds }
  throw ask.fault('kind', `one or more of ${moneyKinds.join(', ')}`)
}

function readAddress<name extends 'payee' | 'payer'>(
  ask: Question,
  name: name,
): { readonly [key in name]?: Address } {
  const text = ask.read(name)
  if (text === undefined) return {}
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return { [name]: text } as { [key in name]: Address }
  throw ask.fault(name, 'an address')
}

function readAge(ask: Question): { readonly minAgeMs?: number } {
  const text = ask.read('older-than')
  if (text === undefined) return {}
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const sizes: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }
  const size = sizes[unit ?? '']
  if (size === undefined) throw ask.fault('older-than', 'like 30m, 6h or 2d')
  return { minAgeMs: Number(count) * size }
}
