import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { AuditEntry, ChallengeRecord, PaymentClaim } from '@key0/core'
import { decodeRecord, type EncodedRecord, encodeRecord, type Tables } from '@key0/core/local'
import { atomically } from './atomically.ts'

type Row = Record<string, SQLOutputValue>

/** The tables of a store in one SQLite database. Every statement is prepared once. */
export function createSqliteTables(db: DatabaseSync): Tables {
  const statements = prepareAll(db)
  let isClosed = false

  const one = (sql: Name, ...values: SQLInputValue[]): Row | undefined =>
    statements[sql].get(...values)
  const all = (sql: Name, ...values: SQLInputValue[]): readonly Row[] =>
    statements[sql].all(...values)
  const run = (sql: Name, ...values: SQLInputValue[]): void => void statements[sql].run(...values)

  return {
    atomically: (step) => atomically(db, step),
    getRecord(id) {
      const row = one('getRecord', id)
      return row && readRecord(row)
    },
    putRecord(record, { dueAtMs, forgetAtMs, refundablePaidAtMs, leasedUntilMs }) {
      const body = JSON.stringify(encodeRecord(record))
      const found = [dueAtMs, forgetAtMs, refundablePaidAtMs].map((at) => at ?? null)
      run('putRecord', record.challengeId, body, ...found, leasedUntilMs)
    },
    deleteRecord({ challengeId, scope, requestId }, keepAudit) {
      run('deleteRecord', challengeId)
      run('deleteRequest', scope, requestId, challengeId)
      if (!keepAudit) run('deleteUnpaidAudit', challengeId, challengeId)
    },
    getRequest: (scope, requestId) => one('getRequest', scope, requestId)?.id as string | undefined,
    putRequest: (scope, requestId, id) => run('putRequest', scope, requestId, id),
    getClaim: (paymentRef) => one('getClaim', paymentRef) as PaymentClaim | undefined,
    putClaim: (claim) => run('putClaim', claim.paymentRef, claim.challengeId, claim.disposition),
    appendAudit({ challengeId, version, from, to, key, at, actor, reason, wrote }) {
      const names = JSON.stringify(wrote)
      const why = reason ?? null
      run('appendAudit', challengeId, version, from, to, key, at.getTime(), actor, why, names)
    },
    hasAttempt: (id, key) => one('hasAttempt', id, key) !== undefined,
    history: (id) => all('history', id).map(readEntry),
    events: (after, limit) => all('events', after, limit).map(readEntry),
    refundable(paidBeforeMs, nowMs, limit) {
      // A lease ends once, so noting those that ended costs no more than taking them did.
      if (one('anyEndedLease', nowMs)) run('endLeases', nowMs)
      return all('refundable', paidBeforeMs, limit).map(readRecord)
    },
    due: (nowMs, limit, state) =>
      (state === undefined ? all('due', nowMs, limit) : all('dueIn', state, nowMs, limit)).map(
        readRecord,
      ),
    forgettable: (nowMs, limit) => all('forgettable', nowMs, limit).map(readRecord),
    highestEvent: () => Number(one('highestEvent')?.seq ?? 0),
    getWitness: () => one('getWitness')?.body as string | undefined,
    putWitness: (text) => run('putWitness', text),
    getAck: (consumer) => Number(one('getAck', consumer)?.sequence ?? 0),
    putAck: (consumer, sequence) => run('putAck', consumer, sequence),
    close() {
      if (!isClosed) db.close()
      isClosed = true
    },
  }
}

const sources = {
  getRecord: 'select body from records where id = ?',
  putRecord: `
    insert into records (id, body, due_at, forget_at, paid_at, leased_until)
    values (?, ?, ?, ?, ?, ?)
    on conflict (id) do update set body = excluded.body, due_at = excluded.due_at,
      forget_at = excluded.forget_at, paid_at = excluded.paid_at,
      leased_until = excluded.leased_until`,
  deleteRecord: 'delete from records where id = ?',
  getRequest: 'select id from requests where scope = ? and request_id = ?',
  putRequest: `
    insert into requests (scope, request_id, id) values (?, ?, ?)
    on conflict (scope, request_id) do update set id = excluded.id`,
  deleteRequest: 'delete from requests where scope = ? and request_id = ? and id = ?',
  getClaim: `
    select payment_ref as paymentRef, challenge_id as challengeId, disposition
    from claims where payment_ref = ?`,
  putClaim: `
    insert into claims (payment_ref, challenge_id, disposition) values (?, ?, ?)
    on conflict (payment_ref) do update
      set challenge_id = excluded.challenge_id, disposition = excluded.disposition`,
  appendAudit: `
    insert into audit
      (challenge_id, version, from_state, to_state, key, at, actor, reason, wrote)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  deleteUnpaidAudit: `
    delete from audit where challenge_id = ?
      and not exists (select 1 from audit where challenge_id = ? and to_state = 'PAID')`,
  hasAttempt: 'select 1 from audit where challenge_id = ? and key = ? limit 1',
  history: 'select * from audit where challenge_id = ? order by sequence',
  events: 'select * from audit where sequence > ? order by sequence limit ?',
  anyEndedLease: `
    select 1 from records
    where paid_at is not null and leased_until > 0 and leased_until <= ? limit 1`,
  endLeases: `
    update records set leased_until = 0
    where paid_at is not null and leased_until > 0 and leased_until <= ?`,
  refundable: `
    select body from records
    where paid_at is not null and leased_until = 0 and paid_at < ?
    order by paid_at, id limit ?`,
  due: `
    select body from records where due_at is not null and due_at <= ?
    order by due_at, id limit ?`,
  dueIn: `
    select body from records where state = ? and due_at is not null and due_at <= ?
    order by due_at, id limit ?`,
  forgettable: `
    select body from records where forget_at is not null and forget_at <= ?
    order by forget_at, id limit ?`,
  highestEvent: "select seq from sqlite_sequence where name = 'audit'",
  getWitness: 'select body from witness where id = 1',
  putWitness: `
    insert into witness (id, body) values (1, ?)
    on conflict (id) do update set body = excluded.body`,
  getAck: 'select sequence from acks where consumer = ?',
  putAck: `
    insert into acks (consumer, sequence) values (?, ?)
    on conflict (consumer) do update set sequence = max(sequence, excluded.sequence)`,
} as const

type Name = keyof typeof sources

/** The statements by name; their query plans are tested. */
export const statementSources: Readonly<Record<Name, string>> = sources

function prepareAll(db: DatabaseSync): Record<Name, ReturnType<DatabaseSync['prepare']>> {
  const prepared = Object.entries(sources).map(([name, sql]) => [name, db.prepare(sql)])
  return Object.fromEntries(prepared)
}

function readRecord(row: Row): ChallengeRecord {
  return decodeRecord(JSON.parse(row.body as string) as EncodedRecord)
}

function readEntry(row: Row): AuditEntry {
  return {
    sequence: row.sequence as number,
    challengeId: row.challenge_id as string,
    version: row.version as number,
    from: row.from_state as AuditEntry['from'],
    to: row.to_state as AuditEntry['to'],
    key: row.key as string,
    at: new Date(row.at as number),
    actor: row.actor as string,
    ...(row.reason !== null && { reason: row.reason as string }),
    wrote: JSON.parse(row.wrote as string) as readonly string[],
  }
}
