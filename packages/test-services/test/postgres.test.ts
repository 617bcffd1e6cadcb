import postgres from 'postgres'
import { expect, test } from 'vitest'
import { findPostgres } from '../src/postgres/findPostgres.ts'
import { findNpmPostgres } from '../src/postgres/findPostgresPrograms.ts'
import { startPostgres } from '../src/postgres/startPostgres.ts'

test('a server says where it comes from and makes databases apart from each other', async () => {
  const server = await findPostgres()
  try {
    expect(server.source).toMatch(/^PostgreSQL/)
    const urls = [await server.createDatabase(), await server.createDatabase()]
    const [one, other] = urls.map((url) => postgres(url, { max: 1 }))
    await one?.unsafe('create table here (id int)')
    await expect(other?.unsafe('select * from here')).rejects.toThrow('does not exist')
    await Promise.all([one?.end(), other?.end()])
  } finally {
    await server.stop()
  }
})

test('a server that is killed keeps what it acknowledged', async () => {
  await using server = await startPostgres()
  const url = await server.createDatabase()
  const before = postgres(url, { max: 1 })
  expect(await before`select current_setting('fsync') as fsync`).toEqual([{ fsync: 'on' }])
  await before`create table kept (id int)`
  await before`insert into kept values (7)`
  await server.kill()
  await before.end({ timeout: 0 })
  await server.restart()
  const after = postgres(url, { max: 1 })
  expect(await after`select id from kept`).toEqual([{ id: 7 }])
  await after.end()
})

test('the server that npm brings runs on this platform', async () => {
  const programs = await findNpmPostgres()
  if (!programs) throw new Error('npm has no PostgreSQL for this platform, or it does not run.')
  expect(programs.rung).toBe('npm')
  await using server = await startPostgres({}, programs)
  const sql = postgres(await server.createDatabase(), { max: 1 })
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  await sql.end()
})
