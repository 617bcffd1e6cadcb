import { formatUnits, type Money } from '@key0/core'

/** The decimals of USDC, in which every price is. */
export const DECIMALS = 6

export function toAmount(value: bigint, asset: string = 'USDC'): string {
  return `${formatUnits(value, DECIMALS)} ${asset}`
}

/** A duration in its two largest units, such as `3d 4h`. */
export function toAge(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const first = units.findIndex(([, size]) => ms >= size)
  if (first < 0) return '0s'
  let rest = ms
  const parts = units.slice(first, first + 2).map(([name, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return `${count}${name}`
  })
  return parts.join(' ')
}

/** Lines whose columns stand under one another. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)),
    [],
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

export function toRow({ challengeId, kind, ageMs, value, asset, payer, why }: Money): string[] {
  return [kind, toAge(ageMs), toAmount(value, asset), payer ?? 'unknown', challengeId, why ?? '']
}
