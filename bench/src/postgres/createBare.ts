import type { Sql } from 'postgres'
import type { Purchase, Step } from '../stores/purchases.ts'

/** What a program without guards would send: one prepared statement for each write. */
export type Bare = {
  /** The row of the challenge alone. */
  readonly row: (step: Step, purchase: Purchase) => Promise<unknown>
  /** All rows that the store writes for it (trail, claim), in one statement and one commit. */
  readonly rows: (step: Step, purchase: Purchase) => Promise<unknown>
}

/**
 * Tables with the columns that are written, and no triggers.
 *
 * @param indexes `keys`: those without which a row could not be named or be unique, which are
 * primary keys and one challenge for a request. `all`: also those by which workers find a row.
 */
export async function createBare(sql: Sql, indexes: 'keys' | 'all'): Promise<Bare> {
  await sql.unsafe(indexes === 'keys' ? keyTables : likeTables)
  const send = (text: string, values: readonly (string | number)[]): Promise<unknown> =>
    sql.unsafe(text.replaceAll('bare_', `${indexes}_`), [...values], { prepare: true })
  return {
    row: (step, purchase) => send(rowTexts[step], rowValues[step](purchase)),
    rows: (step, purchase) => {
      const row = rowValues[step](purchase)
      const trail = auditValues(step, purchase)
      const claim = step === 'settle' ? [purchase.paymentRef, purchase.base.challengeId] : []
      return send(rowsTexts[step], [...row, ...trail, ...claim])
    },
  }
}

const keyTables = `
  create table keys_challenges (like key0_challenges including defaults);
  alter table keys_challenges add primary key (id);
  create unique index on keys_challenges (scope, request_id);
  create table keys_audit (like key0_challenge_audit including defaults including identity);
  alter table keys_audit add primary key (id);
  create table keys_claims (like key0_claims including defaults);
  alter table keys_claims add primary key (payment_ref)`

const likeTables = `
  create table all_challenges (like key0_challenges including all);
  create table all_audit (like key0_challenge_audit including all);
  create table all_claims (like key0_claims including all)`

const columns =
  'id, request_id, scope, client_agent_id, resource_id, plan_id, amount, amount_raw, asset, ' +
  'token, chain_id, destination, created_at, expires_at, updated_at'

const places = (first: number, count: number): string =>
  Array.from({ length: count }, (_, at) => `$${first + at}`).join(', ')

const rowTexts: Readonly<Record<Step, string>> = {
  create: `insert into bare_challenges (${columns}) values (${places(1, 15)})`,
  settle: `update bare_challenges set state = 'PAID', version = 2, updated_at = $2,
    payment_ref = $3, tx_hash = $4, paid_at = $5, from_address = $6, paid_block = $7 where id = $1`,
  transition: `update bare_challenges set version = 3, updated_at = $2, lease = $3,
    leased_until = $4 where id = $1`,
}

const rowCounts: Readonly<Record<Step, number>> = { create: 15, settle: 7, transition: 4 }

const audit = (first: number): string =>
  `insert into bare_audit (challenge_id, version, from_state, to_state, key, at, actor, wrote)
   values (${places(first, 8)})`

const rowsTexts: Readonly<Record<Step, string>> = {
  create: `with one as (${rowTexts.create}) ${audit(rowCounts.create + 1)}`,
  settle: `with one as (${rowTexts.settle}), two as (insert into bare_claims
    values ($16, $17, 'APPLIED')) ${audit(rowCounts.settle + 1)}`,
  transition: `with one as (${rowTexts.transition}) ${audit(rowCounts.transition + 1)}`,
}

const rowValues: Readonly<Record<Step, (purchase: Purchase) => readonly (string | number)[]>> = {
  create: ({ base }) => [
    ...[base.challengeId, base.requestId, base.scope, base.clientAgentId, base.resourceId],
    ...[base.planId, base.amount, String(base.amountRaw), base.asset, base.token, base.chainId],
    ...[base.destination, base.createdAt.toISOString(), base.expiresAt.toISOString()],
    new Date().toISOString(),
  ],
  settle: ({ base, paymentRef, paid }) => [
    ...[base.challengeId, new Date().toISOString(), paymentRef, paid.txHash],
    ...[paid.paidAt?.toISOString() ?? '', paid.fromAddress ?? ''],
    JSON.stringify({
      number: { $int: String(paid.paidBlock?.number) },
      hash: paid.paidBlock?.hash,
    }),
  ],
  transition: ({ base, lease }) => [
    ...[base.challengeId, new Date().toISOString(), JSON.stringify(lease)],
    new Date(lease.untilMs).toISOString(),
  ],
}

const moves: Readonly<Record<Step, readonly [version: number, from: string, to: string]>> = {
  create: [1, 'NEW', 'PENDING'],
  settle: [2, 'PENDING', 'PAID'],
  transition: [3, 'PAID', 'PAID'],
}

const wrote: Readonly<Record<Step, string>> = {
  create: '{}',
  settle: '{txHash,paidAt,fromAddress,paidBlock,paymentRef}',
  transition: '{lease}',
}

function auditValues(step: Step, { base, keys }: Purchase): readonly (string | number)[] {
  const at = new Date().toISOString()
  return [base.challengeId, ...moves[step], keys[step], at, 'key0', wrote[step]]
}
