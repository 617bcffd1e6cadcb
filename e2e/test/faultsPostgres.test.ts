import { type Sandbox, startSandbox } from '@key0/sandbox'
import {
  backUpPostgres,
  type PostgresServer,
  startLossyProxy,
  startPostgres,
  startStandby,
} from '@key0/test-services'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accountForLoss, judgeLoss, judgeTrouble } from '../src/judgeFaults.ts'
import { BUYERS, dispose, type FaultScene, sellThroughFaults } from '../src/sellThroughFaults.ts'
import { sharedServers } from '../src/servers.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

/** Without it a start syncs the files of the whole machine one by one. */
const quick = { recovery_init_sync_method: 'syncfs' }

/** Ways to lose what was acknowledged. */
const losses = {
  'synchronous_commit = off, the server is killed': {
    cause: 'engine',
    // What comes before a sign of life is safe with it: often nothing but the last moment is lost.
    atLeast: 0,
    open: async (): Promise<FaultScene> => {
      // The writer's longest pause, as on a machine that is busy.
      const lax = {
        synchronous_commit: 'off',
        wal_writer_delay: '10s',
        wal_writer_flush_after: '1GB',
      }
      const server = await startPostgres({ ...quick, ...lax })
      return {
        patienceMs: 6_000,
        ...at(server.createDatabase),
        ...dispose(server),
        // Every sign of life waits for the disk, and takes what came before along.
        pauseMs: 1_000,
        async fail(sold) {
          await sold(25)
          await server.kill()
          await server.restart()
          return undefined
        },
      }
    },
  },
  'a stale asynchronous standby is promoted': {
    cause: 'engine',
    atLeast: 1,
    open: async (): Promise<FaultScene> => {
      const server = await startPostgres(quick)
      const standby = await startStandby(server, quick)
      const target = { port: server.port }
      const front = await startLossyProxy(target)
      return {
        patienceMs: 6_000,
        ...at(() => behind(front, server)),
        ...dispose(front, standby, server),
        async fail(sold) {
          await sold(10)
          await standby.cutOff()
          await sold(25)
          await server.kill()
          await standby.promote()
          target.port = standby.port
          return undefined
        },
      }
    },
  },
  'the database is put back to a copy taken seconds before': {
    cause: 'events',
    atLeast: 1,
    open: async (): Promise<FaultScene> => {
      const server = await startPostgres(quick)
      let url = ''
      return {
        patienceMs: 6_000,
        ...at(async () => {
          url = await server.createDatabase()
          return url
        }),
        ...dispose(server),
        late: 25,
        async fail(sold, { issued, letIn }) {
          await sold(10)
          await using backup = await backUpPostgres(server)
          const takenAt = issued()
          letIn()
          await sold(takenAt + 12)
          await untilSeen(url)
          await backup.restore()
          return { takenAt }
        },
      }
    },
  },
} as const

/** Ways to fail without losing anything that was acknowledged. */
const troubles = {
  'backends are ended in the middle of their commits': async (): Promise<FaultScene> => {
    const server = await startPostgres(quick)
    let url = ''
    return {
      ...at(async () => {
        url = await server.createDatabase()
        return url
      }),
      ...dispose(server),
      async fail(sold) {
        const sql = postgres(url, { max: 1, onnotice: () => {} })
        let ended = 0
        let storms = 0
        for (let count = 1; count <= BUYERS; count += 2) {
          await sold(count)
          const hit = await storm(sql)
          ended += hit
          if (hit > 0) storms += 1
        }
        await sql.end()
        return { storms, ended }
      },
    }
  },
  'the wire cuts, delays and loses replies': async (): Promise<FaultScene> => {
    const server = await startPostgres(quick)
    const wire = await startLossyProxy(server)
    return {
      ...at(() => behind(wire, server)),
      ...dispose(wire, server),
      async fail(sold) {
        let cuts = 0
        for (let count = 2; count <= BUYERS; count += 4) {
          await sold(count)
          await Promise.race([wire.loseNextReply(), sold(BUYERS)])
          wire.delayReplies((count * 7) % 25)
          await sold(count + 2)
          wire.cutAll()
          cuts += 1
        }
        wire.delayReplies(0)
        return { cuts }
      },
    }
  },
} as const

test.each(Object.entries(losses))(
  '%s: no refund is made twice or for goods, and no payment stays unknown',
  async (name, { cause, atLeast, open }) => {
    await using scene = await open()
    await using run = await sellThroughFaults(sandbox, scene)
    const lost = await accountForLoss(run)
    const { break: loss } = await run.shop.store().beat({ beatId: 'nobody', quietMs: 9e9 })
    await judgeLoss(name, run, { ...lost, cause: loss?.cause })
    // Whoever notices it later tells of what is missing, whatever the engine said to the first.
    expect([cause, 'events'], 'the loss was noticed').toContain(loss?.cause)
    expect(lost.lostRecords + lost.wentBack, 'what was lost').toBeGreaterThanOrEqual(atLeast)
  },
  60_000,
)

test.each(Object.entries(troubles))(
  '%s: nothing acknowledged is lost, and everybody has the goods or the money',
  async (name, open) => {
    await using scene = await open()
    await using run = await sellThroughFaults(sandbox, scene)
    await judgeTrouble(name, run)
    expect(run.figures.unavailable, 'some were told that the store is away').toBeGreaterThan(0)
  },
  60_000,
)

/** Ends every backend that is committing, or at least at work, when there is one soon. */
async function storm(sql: Sql): Promise<number> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    const ended = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
        and (wait_event in ('WALSync', 'WalSync', 'WALWrite', 'WalWrite') or ${attempt > 20})`
    if (ended.length > 0) return ended.length
  }
  return 0
}

/** Until every worker has given a sign of life over what is there now, and remembers it. */
async function untilSeen(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const seen = new Set<string>()
  while (seen.size < 4) {
    const [row] = await sql<{ body: string }[]>`select body from key0_witness`
    seen.add(row?.body ?? '')
    await new Promise((done) => setTimeout(done, 20))
  }
  await sql.end()
}

/** The scene's own database. */
function at(createDatabase: () => Promise<string>) {
  return { store: 'postgres' as const, servers: { ...sharedServers, createDatabase } }
}

async function behind(wire: { readonly port: number }, server: PostgresServer): Promise<string> {
  const url = new URL(await server.createDatabase())
  url.port = String(wire.port)
  return url.href
}
