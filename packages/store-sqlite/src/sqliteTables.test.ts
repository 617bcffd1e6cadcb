import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteStore } from './createSqliteStore.ts'
import { openDatabase } from './openDatabase.ts'
import { createSqliteTables, statementSources } from './sqliteTables.ts'

type Name = keyof typeof statementSources

/** How SQLite goes about a statement. */
function planOf(db: DatabaseSync, name: Name): string {
  const rows = db.prepare(`explain query plan ${statementSources[name]}`).all()
  return rows.map(({ detail }) => String(detail)).join('; ')
}

test.each<readonly [Name, string]>([
  ['getRecord', 'SEARCH records USING INDEX sqlite_autoindex_records_1 (id=?)'],
  ['refundable', 'SEARCH records USING INDEX records_refundable (paid_at>? AND paid_at<?)'],
  [
    'anyEndedLease',
    'SEARCH records USING INDEX records_leased (leased_until>? AND leased_until<?)',
  ],
  ['endLeases', 'SEARCH records USING INDEX records_leased (leased_until>? AND leased_until<?)'],
  ['due', 'SEARCH records USING INDEX records_due (due_at>? AND due_at<?)'],
  ['dueIn', 'SEARCH records USING INDEX records_due_in (state=? AND due_at>? AND due_at<?)'],
  ['forgettable', 'SEARCH records USING INDEX records_forgettable (forget_at>? AND forget_at<?)'],
  ['getRequest', 'SEARCH requests USING PRIMARY KEY (scope=? AND request_id=?)'],
  ['getClaim', 'SEARCH claims USING PRIMARY KEY (payment_ref=?)'],
  ['hasAttempt', 'SEARCH audit USING COVERING INDEX audit_attempts (challenge_id=? AND key=?)'],
  ['events', 'SEARCH audit USING INTEGER PRIMARY KEY (rowid>?)'],
])('%s is answered from its index alone', (name, plan) => {
  using directory = temporaryDirectory()
  const db = openDatabase(join(directory.path, 'key0.sqlite'), 'FULL')
  expect(planOf(db, name)).toBe(plan)
  db.close()
})

test('the history of one challenge reads its own entries and sorts only those', () => {
  using directory = temporaryDirectory()
  const db = openDatabase(join(directory.path, 'key0.sqlite'), 'FULL')
  expect(planOf(db, 'history')).toContain('USING INDEX audit_attempts (challenge_id=?)')
  db.close()
})

/** A database with a PAID and a CANCELLED challenge, and a second connection for an operator. */
async function soldOne(directory: string) {
  const path = join(directory, 'key0.sqlite')
  const clock = createSteeredClock()
  const mint = createMint(clock)
  const store = createSqliteStore({ path, clock })
  const [sold, cancelled] = [mint(), mint()]
  const payment = sold.pay()
  await store.create(sold.base, { key: 'create' })
  await store.settle(sold.base.challengeId, payment.paymentRef, payment.paid(), { key: 'settle' })
  await store.create(cancelled.base, { key: 'create' })
  const id = cancelled.base.challengeId
  await store.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
  return { store, db: openDatabase(path, 'FULL'), sold: sold.base.challengeId, cancelled: id }
}

test('no statement can delete money, claims or the trail, not even an operator’s', async () => {
  using directory = temporaryDirectory()
  const { store, db, sold, cancelled } = await soldOne(directory.path)
  const refused = (sql: string) =>
    expect(() => db.exec(sql), sql).toThrow(/stays|good|owner|append/)
  refused('delete from records')
  refused(`delete from records where id = '${sold}'`)
  refused('delete from claims')
  refused("update claims set challenge_id = 'thief'")
  refused('update audit set actor = null')
  refused("update audit set reason = 'nothing happened'")
  refused(`delete from audit where challenge_id = '${sold}'`)
  refused(`delete from audit where challenge_id = '${cancelled}'`)
  db.exec(`delete from records where id = '${cancelled}'`)
  db.exec(`delete from audit where challenge_id = '${cancelled}'`)
  expect((await store.get(sold))?.state).toBe('PAID')
  expect(await store.get(cancelled)).toBeUndefined()
  db.close()
  await store.close()
})

test.each([
  ['held', { held: 'for review' }],
  ['an open intent', { intent: '{"stage":"OPEN"}' }],
  ['a delivery that is not final', { state: 'DELIVERED', paymentFinal: 'false' }],
  ['a refund under way', { state: 'REFUND_PENDING' }],
  ['a refund that failed', { state: 'REFUND_FAILED' }],
])('a record with %s cannot be deleted, whatever its columns say', (_, fields) => {
  using directory = temporaryDirectory()
  const db = openDatabase(join(directory.path, 'key0.sqlite'), 'FULL')
  const body = JSON.stringify({ challengeId: 'c', state: 'PENDING', ...fields })
  db.prepare("insert into records (id, body, forget_at) values ('c', ?, 1)").run(body)
  expect(() => db.exec('delete from records')).toThrow('this record stays')
  db.close()
})

test('a step that throws leaves nothing behind', () => {
  using directory = temporaryDirectory()
  const db = openDatabase(join(directory.path, 'key0.sqlite'), 'FULL')
  const tables = createSqliteTables(db)
  const step = () => {
    tables.putAck('somebody', 7)
    throw new Error('half-way')
  }
  expect(() => tables.atomically(step)).toThrow('half-way')
  expect(tables.getAck('somebody')).toBe(0)
  tables.atomically(() => tables.putAck('somebody', 8))
  expect(tables.getAck('somebody')).toBe(8)
  tables.close()
})

test('sequences are never used twice, not even after the newest entries were forgotten', async () => {
  using directory = temporaryDirectory()
  const clock = createSteeredClock()
  const mint = createMint(clock)
  const store = createSqliteStore({ dataDir: directory.path, clock })
  await store.create(mint().base, { key: 'create' })
  const [first] = await store.events(0, 10)
  clock.advance(30 * 86_400_000)
  const { base } = mint()
  await store.create(base, { key: 'create' })
  const events = await store.events(0, 10)
  expect(events).toHaveLength(1)
  expect(events[0]?.sequence).toBeGreaterThan(first?.sequence ?? 0)
  await store.close()
})
