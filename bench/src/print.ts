import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { Report, Table } from './Bench.ts'

/** What the figures were measured on. */
export type Machine = {
  readonly cores: number
  readonly cpu: string
  readonly memoryGiB: number
  readonly node: string
  readonly platform: string
  /** Over the last minute: above the number of cores, somebody else was at work too. */
  readonly load: number
}

export function readMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    load: Number((loadavg()[0] ?? 0).toFixed(1)),
  }
}

export function toText(report: Report): string {
  const tables = report.tables.map(toTable)
  const bars = report.bars.map(
    ({ promise, measured, isReached }) =>
      `${isReached ? 'reached    ' : 'NOT REACHED'}  ${promise}: ${measured}`,
  )
  return [`== ${report.bench}`, ...tables, [...bars, ...report.notes].join('\n')].join('\n\n')
}

function toTable({ title, columns, rows }: Table): string {
  const lines = [columns, ...rows].map((row) => row.map(String))
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const isNumber = (at: number): boolean => rows.every((row) => typeof row[at] === 'number')
  const write = (line: readonly string[]): string =>
    line
      .map((cell, at) =>
        isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const [head = [], ...body] = lines
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [title, write(head), rule, ...body.map(write)].join('\n')
}
