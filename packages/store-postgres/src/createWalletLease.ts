import { randomUUID } from 'node:crypto'
import { Key0Error } from '@key0/core'
import { readPrefix, readSql } from './options.ts'
import { type Sql, toTemplate } from './Sql.ts'
import { toUnavailable } from './toUnavailable.ts'

export type WalletLeaseOptions = {
  readonly sql: Sql
  /** Default `key0_`. */
  readonly tablePrefix?: string
  /** How long a holder that died keeps others waiting at most; default 60 s. */
  readonly leaseMs?: number
  /** How often a waiting process looks; default 200 ms. */
  readonly pollMs?: number
  /** How long it waits for its turn; default 30 s. */
  readonly maxWaitMs?: number
}

/** Takes turns with a wallet; `WalletLock` of `@key0/chain-evm` is this. */
export type PostgresWalletLease = {
  readonly hold: <result>(address: string, work: () => Promise<result>) => Promise<result>
}

/**
 * Lets the processes that share a gas wallet take turns: a row for each wallet with its holder and
 * the end of its lease, by the database's clock. Nothing belongs to a session, so that it works
 * behind a pooler. A holder that sees that others wait lets them go first. Nothing but gas depends
 * on it: its table (`wallet_leases`) may be emptied at any time.
 *
 * `hold` throws OVERLOADED when its turn did not come in time, STORE_UNAVAILABLE when the database
 * does not answer; `work` has not begun then.
 */
export function createWalletLease(options: WalletLeaseOptions): PostgresWalletLease {
  const { leaseMs = 60_000, pollMs = 200, maxWaitMs = 30_000 } = options
  const table = `${readPrefix(options.tablePrefix)}wallet_leases`
  const ask = createAsk(readSql(options.sql), table)
  const lastTurns = new Map<string, number>()

  const wait = async (wallet: string, holder: string): Promise<void> => {
    const startedAtMs = performance.now()
    // Others waited while we had our turn: the first look is theirs.
    const restMs = (lastTurns.get(wallet) ?? Number.NEGATIVE_INFINITY) + pollMs * 1.5 - startedAtMs
    if (restMs > 0) await sleep(restMs)
    while (!(await ask.take(wallet, holder, leaseMs))) {
      const waitedMs = performance.now() - startedAtMs
      if (waitedMs >= maxWaitMs) {
        const reason = `another process holds it after ${Math.round(waitedMs)} ms`
        throw new Key0Error('OVERLOADED', { facts: { lease: wallet, reason } })
      }
      await ask.want(wallet, pollMs * 2)
      await sleep(pollMs)
    }
    lastTurns.delete(wallet)
  }
  return {
    async hold(address, work) {
      const wallet = address.toLowerCase()
      const holder = randomUUID()
      await wait(wallet, holder)
      try {
        return await work()
      } finally {
        // What was not released ends with its lease.
        const isWanted = await ask.release(wallet, holder).catch(() => false)
        if (isWanted) lastTurns.set(wallet, performance.now())
      }
    },
  }
}

type Ask = {
  readonly take: (wallet: string, holder: string, leaseMs: number) => Promise<boolean>
  readonly want: (wallet: string, forMs: number) => Promise<void>
  /** Whether somebody waits for it. */
  readonly release: (wallet: string, holder: string) => Promise<boolean>
}

const later = (ms: number): string => `${Math.ceil(ms)} milliseconds`

function createAsk(sql: Sql, table: string): Ask {
  const send = async (parts: readonly string[], ...values: readonly string[]): Promise<boolean> => {
    try {
      const [row] = await sql(toTemplate(parts), ...values)
      return row !== undefined
    } catch (error) {
      throw toUnavailable('wallet_lease', error)
    }
  }
  const exists = async (): Promise<boolean> =>
    await send([`select 1 where to_regclass('${table}') is not null`])
  const make = async (): Promise<void> => {
    if (await exists()) return
    try {
      await send([
        `create table ${table} (
          wallet text primary key,
          holder text not null,
          ends_at timestamptz not null,
          wanted_until timestamptz
        )`,
      ])
    } catch (error) {
      // Another process made it meanwhile.
      if (!(await exists())) throw error
    }
  }
  let made: Promise<void> | undefined
  const ready = async (): Promise<void> => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    await made
  }
  return {
    async take(wallet, holder, leaseMs) {
      await ready()
      return await send(
        [
          `insert into ${table} as lease (wallet, holder, ends_at) values (`,
          '::text, ',
          '::text, clock_timestamp() + ',
          `::text::interval)
          on conflict (wallet) do update
            set holder = excluded.holder, ends_at = excluded.ends_at
            where lease.ends_at <= clock_timestamp()
          returning 1`,
        ],
        ...[wallet, holder, later(leaseMs)],
      )
    },
    async want(wallet, forMs) {
      const set = `update ${table} set wanted_until = clock_timestamp() + `
      await send([set, '::text::interval where wallet = ', ''], later(forMs), wallet)
    },
    async release(wallet, holder) {
      const set = `update ${table} set ends_at = clock_timestamp() where wallet = `
      await send([set, ' and holder = ', ''], wallet, holder)
      return await send(
        [`select 1 from ${table} where wallet = `, ' and wanted_until > clock_timestamp()'],
        wallet,
      )
    },
  }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
