import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Continuity, Remembered } from '@key0/core'
import {
  backUpPostgres,
  type PostgresServer,
  startPostgres,
  startStandby,
} from '@key0/test-services'
import type { Sql } from 'postgres'
import { expect, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { open, pay } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const run = promisify(execFile)
const lax = { fsync: 'off', full_page_writes: 'off' }
let names = 0

/** A gateway that is alive now: one beat over a connection of its own. */
async function beat(url: string, remembered?: Remembered, options?: object): Promise<Continuity> {
  const sql = connect(url, options)
  try {
    names += 1
    const beatId = `deployment-${names}`
    const store = new PostgresChallengeStore({ sql })
    return await store.beat({ beatId, remembered, quietMs: 600_000 })
  } finally {
    await sql.end()
  }
}

async function over<answer>(url: string, work: (sql: Sql) => Promise<answer>): Promise<answer> {
  const sql = connect(url)
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

const sell = (url: string, count = 3): Promise<unknown> =>
  over(url, async (sql) => {
    const store = new PostgresChallengeStore({ sql })
    for (let sale = 0; sale < count; sale += 1) await pay(store)
  })

/** The server dies as in a power cut, and comes back. */
async function crash(server: PostgresServer): Promise<void> {
  await server.kill()
  await server.restart()
}

test('a durable server that is killed has lost nothing, and nobody says it had', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  await sell(url)
  const before = await beat(url)
  await sell(url)
  await crash(server)
  const after = await beat(url, before)
  expect([after.break, after.silence]).toEqual([undefined, undefined])
  expect(after).toMatchObject({ deploymentId: before.deploymentId, lineage: before.lineage })
  expect(after.highestEvent).toBe(before.highestEvent + 6)
})

test('a server whose commits do not wait and that is killed is known to have lost writes', async () => {
  await using server = await startPostgres({ synchronous_commit: 'off' })
  const url = await server.createDatabase()
  const before = await beat(url)
  await sell(url)
  await server.kill('SIGINT')
  await server.restart()
  // Whoever shuts it down properly loses nothing.
  const restarted = await beat(url, before)
  expect(restarted.break).toBeUndefined()
  await crash(server)
  const after = await beat(url, restarted)
  // A sign of life waits for the disk where nothing else does: the loss is no older than it.
  expect(after.break).toMatchObject({ since: restarted.aliveAt, cause: 'engine' })
})

test('one backend that dies takes the unwritten commits of all with it, and that is known', async () => {
  await using server = await startPostgres({ synchronous_commit: 'off' })
  const url = await server.createDatabase()
  await beat(url)
  const noticed = Promise.withResolvers<void>()
  const victim = connect(url, { max: 1 })
  const other = connect(url, { max: 1, onclose: () => noticed.resolve() })
  await other`select 1`
  const [row] = await victim<{ pid: number }[]>`select pg_backend_pid() as pid`
  process.kill(row?.pid ?? 0, 'SIGKILL')
  await noticed.promise
  await Promise.all([victim.end({ timeout: 0 }), other.end({ timeout: 0 })])
  await untilUp(url)
  expect((await beat(url)).break?.cause).toBe('engine')
})

test('only commits of gateways count: another program may be as careless as it likes', async () => {
  await using server = await startPostgres({ synchronous_commit: 'off' })
  const url = await server.createDatabase()
  const careful = { connection: { synchronous_commit: 'on' } }
  const before = await beat(url, undefined, careful)
  await crash(server)
  expect((await beat(url, before, careful)).break).toBeUndefined()
})

test('without fsync every start counts as a loss', async () => {
  await using server = await startPostgres(lax)
  const url = await server.createDatabase()
  await beat(url)
  await server.kill('SIGINT')
  await server.restart()
  expect((await beat(url)).break?.cause).toBe('engine')
})

test('files put back while a gateway lives are noticed by what it remembers', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  await sell(url)
  const early = await beat(url)
  await using backup = await backUpPostgres(server)
  await sell(url)
  const alive = await beat(url, early)
  await backup.restore()
  const after = await beat(url, alive)
  expect(after.break).toMatchObject({ since: early.aliveAt, cause: 'events' })
  // Everybody is told, also who remembers nothing.
  expect((await beat(url)).break).toEqual(after.break)
})

test('files put back are noticed also when as much was sold again before anybody looked', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  const early = await beat(url)
  await using backup = await backUpPostgres(server)
  await sell(url)
  const alive = await beat(url, early)
  await backup.restore()
  await sell(url, 6)
  expect((await beat(url, alive)).break).toMatchObject({ since: early.aliveAt, cause: 'events' })
})

test('a standby promoted with less than was acknowledged is noticed by its timeline', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  await sell(url)
  const before = await beat(url)
  await using standby = await startStandby(server)
  await standby.cutOff()
  await sell(url)
  await beat(url, before)
  await server.kill()
  const promoted = new URL(url)
  promoted.port = String(standby.port)
  const early = await over(promoted.href, (sql) =>
    new PostgresChallengeStore({ sql }).healthCheck(),
  )
  expect(early).toMatchObject({ ok: false, durable: false })
  await standby.promote()
  // A gateway that started afterwards remembers nothing of the old one.
  const after = await beat(promoted.href)
  expect(after).toMatchObject({ deploymentId: before.deploymentId })
  expect(after.break).toMatchObject({ since: before.aliveAt, cause: 'engine' })
  expect((await beat(promoted.href, after)).break).toEqual(after.break)
})

const programs = ['pg_dump', 'psql'] as const

test('a dump restored into another server is noticed by the identifier of the cluster', async (context) => {
  await using server = await startPostgres()
  const paths = programs.map((program) => join(server.programs.directory, program))
  context.skip(!paths.every(existsSync), 'this PostgreSQL comes without pg_dump')
  const [pgDump = '', psql = ''] = paths
  const url = await server.createDatabase()
  await sell(url)
  const before = await beat(url)
  const { stdout } = await run(pgDump, ['--dbname', url], { maxBuffer: 2 ** 26 })
  await using other = await startPostgres()
  const restored = await other.createDatabase()
  const feeding = run(psql, ['--dbname', restored, '-v', 'ON_ERROR_STOP=1', '-q'])
  feeding.child.stdin?.end(stdout)
  await feeding
  const after = await beat(restored)
  expect(after.break).toMatchObject({ since: before.aliveAt, cause: 'engine' })
  expect(after.deploymentId).toBe(before.deploymentId)
})

test('forgetting what nobody paid for never takes the highest event back', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  await over(url, async (sql) => {
    const store = new PostgresChallengeStore({ sql })
    await pay(store)
    const before = await beat(url)
    for (let request = 0; request < 3; request += 1) await open(store)
    const seen = (await store.events(0, 100)).at(-1)?.sequence ?? 0
    await store.purgeDeleted(new Date(Date.now() + 10 * 365 * 86_400_000))
    const after = await beat(url, before)
    expect(after.highestEvent).toBeGreaterThanOrEqual(seen)
    expect(after.break).toBeUndefined()
  })
})

test('what a role may not ask the engine is named, and the beat goes on without it', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  await over(url, async (sql) => {
    await new PostgresChallengeStore({ sql }).get('nobody')
    await sql`create role gateway login`
    await sql`grant select, insert, update, delete on all tables in schema public to gateway`
    await sql`revoke execute on function pg_control_system() from public`
    await sql`revoke execute on function pg_walfile_name(pg_lsn) from public`
  })
  const role = { username: 'gateway' }
  const found = await beat(url, undefined, role)
  expect(found.lineage).toBe('?/?')
  expect((await beat(url, found, role)).break).toBeUndefined()
  const sql = connect(url, role)
  const { ok, durable, problems } = await new PostgresChallengeStore({ sql }).healthCheck()
  await sql.end()
  expect({ ok, durable }).toEqual({ ok: true, durable: true })
  expect(problems).toEqual([
    expect.stringMatching(/dump restored .* pg_control_system/),
    expect.stringMatching(/standby promoted .* pg_walfile_name/),
  ])
})

async function untilUp(url: string): Promise<void> {
  const untilMs = Date.now() + 20_000
  while (Date.now() < untilMs) {
    const sql = connect(url, { max: 1, connect_timeout: 1, backoff: () => 0.01 })
    const isUp = await sql`select 1`.then(
      () => true,
      () => false,
    )
    await sql.end({ timeout: 0 })
    if (isUp) return
    await new Promise((next) => setTimeout(next, 20))
  }
  throw new Error('The server did not come back.')
}
