import type { ChallengeStore } from '@key0/core'
import type { Sql } from 'postgres'
import { beforeAll, expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { applied, grantOf, imagine, open, pay } from '../test/scenes.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const databases = await createDatabases()

type Plan = {
  readonly 'QUERY PLAN': readonly { readonly Plan: Readonly<Record<string, number>> }[]
}

/** How many pages one call of a function of the database touches, everything inside counted. */
async function pagesOf(sql: Sql, call: string): Promise<number> {
  // The second time its plans are made and the catalogue is known.
  await sql.unsafe(`select ${call}`)
  const [row] = await sql.unsafe<Plan[]>(`explain (analyze, buffers, format json) select ${call}`)
  const plan = row?.['QUERY PLAN'][0]?.Plan ?? {}
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)
}

/** Challenges of every kind: unpaid, leased, held, delivered, refundable, and their trails. */
async function fill(sql: Sql, count: number): Promise<void> {
  await sql.unsafe(`
    insert into key0_challenges (id, request_id, scope, amount_raw, token, chain_id, destination,
      created_at, expires_at, state, version, updated_at, tx_hash, paid_at, from_address, lease,
      leased_until, held, access_grant, delivered_at)
    select 'c' || n, 'r' || n, 's', 1, '0x', 1, '0x',
      now() - interval '1 minute', now() + n * interval '1 second',
      case when n % 10 < 5 then 'PENDING' when n % 10 < 8 then 'PAID' else 'DELIVERED' end, 1,
      now() + n * interval '1 second', '0x' || n, now() - n * interval '1 second', '0xb',
      case when n % 10 = 5 then '{"holder":"w","untilMs":99999999999999}'::json end,
      case when n % 10 = 5 then now() + interval '1 year' end,
      case when n % 10 = 6 then 'for review' end,
      case when n % 10 >= 8 then '{}'::json end,
      case when n % 10 >= 8 then now() end
    from generate_series(1, ${count}) n;
    insert into key0_challenge_audit
      (challenge_id, version, from_state, to_state, key, at, actor, wrote)
    select 'c' || n, 1, null, 'PENDING', 'k', now(), 'test', '{}'
    from generate_series(1, ${count}) n;
    insert into key0_events select id, id from key0_challenge_audit;
    update key0_stream set last = (select max(sequence) from key0_events);
    delete from key0_waiting;
    analyze`)
  await sql`vacuum key0_waiting`
}

const keep = `'{604800000,604800000,43200000}'`
const calls: Readonly<Record<string, string>> = {
  get: `key0_get('c77', null, ${keep})`,
  findActiveByRequestId: `key0_find_active('s', 'r77', null, ${keep})`,
  getClaim: `key0_get_claim('nobody')`,
  findPendingForRefund: `key0_refundable((now() - interval '5 minutes')::text, '10', null)`,
  due: `key0_due((now() + interval '30 seconds')::text, '10', null, null, ${keep})`,
  'due of a state': `key0_due((now() + interval '1 day')::text, '10', 'PAID', null, ${keep})`,
  history: `key0_history('c77')`,
  events: `key0_events('50', '10')`,
  'the last events': `key0_events('1000', '10')`,
}
let small: Sql
let large: Sql

beforeAll(async () => {
  const make = async (count: number): Promise<Sql> => {
    const { sql } = await databases.fresh({ max: 1 })
    await new PostgresChallengeStore({ sql }).get('nobody')
    await fill(sql, count)
    return sql
  }
  small = await make(1_000)
  large = await make(100_000)
}, 120_000)

test.each(Object.entries(calls))(
  '%s touches about as many pages among 100,000 challenges as among 1,000',
  async (_, call) => {
    const [few, many] = [await pagesOf(small, call), await pagesOf(large, call)]
    expect(many).toBeLessThan(few + 40)
    expect(many).toBeLessThan(150)
  },
)

test('ten thousand leases that end are noted once, then cost nothing more', async () => {
  const { sql } = await databases.fresh({ max: 1 })
  await new PostgresChallengeStore({ sql }).get('nobody')
  await fill(sql, 20_000)
  await sql`update key0_challenges set leased_until = now() where leased_until is not null`
  await sql`vacuum analyze key0_challenges`
  for (let round = 0; round < 3; round += 1)
    await sql.unsafe(`select ${calls.findPendingForRefund}`)
  await sql`vacuum analyze key0_challenges`
  const pages = await pagesOf(sql, calls.findPendingForRefund as string)
  expect(pages).toBeLessThan(150)
})

test('every operation is one statement, and one round trip', async () => {
  const sent: string[] = []
  const debug = (_: number, query: string) => void sent.push(query)
  const { sql } = await databases.fresh({ max: 1, debug })
  const store = new PostgresChallengeStore({ sql })
  const scene = await open(store)
  const { id, payment } = scene
  const key = 'k'
  const calls: Readonly<Record<string, (of: ChallengeStore) => Promise<unknown>>> = {
    create: () => store.create(imagine().minted.base, { key }),
    get: () => store.get(id),
    find_active: () => store.findActiveByRequestId('r', 's'),
    reserve: () => store.reserve(id, payment.intent(), { key }),
    settle: () => store.settle(id, payment.paymentRef, payment.paid(), { key }),
    transition: () =>
      store.transition({ id, from: 'PAID', to: 'PAID', key, fields: { held: 'x' } }),
    postpone: () => store.postpone(id, 4, new Date()),
    get_claim: () => store.getClaim(payment.paymentRef),
    refundable: () => store.findPendingForRefund(new Date(), 10),
    due: () => store.due(new Date(), 10),
    history: () => store.history(id),
    events: () => store.events(0, 10),
    ack: () => store.ack('somebody', 1),
    acked: () => store.acked('somebody'),
    purge: () => store.cleanup(),
  }
  for (const [operation, call] of Object.entries(calls)) {
    sent.length = 0
    await call(store)
    expect(sent.map((query) => /key0_(\w+)/.exec(query)?.[1])).toEqual([operation])
  }
})

test('payments of one buyer after another settle as fast as the disk allows', async () => {
  const { sql } = await databases.fresh({ max: 8 })
  const store = new PostgresChallengeStore({ sql })
  const scenes = await Promise.all(Array.from({ length: 40 }, () => pay(store)))
  await Promise.all(
    scenes.map((scene) => {
      const fields = { accessGrant: grantOf(scene), deliveredAt: new Date() }
      const move = { id: scene.id, from: 'PAID', to: 'DELIVERED', key: 'd', fields } as const
      return applied(store.transition(move))
    }),
  )
  expect(await store.findPendingForRefund(new Date(Date.now() + 60_000), 100)).toEqual([])
})

test('forgetting prices that were only asked does not walk past what somebody tried to pay', async () => {
  const sweep = `key0_sweep(now(), '{3600000,604800000,43200000}', 4)`
  const tried = async (sql: Sql, count: number): Promise<number> => {
    await sql.unsafe(`
      insert into key0_challenges (id, request_id, scope, amount_raw, token, chain_id, destination,
        created_at, expires_at, state, version, updated_at, intent)
      select 'tried' || n, 'tried' || n, 's', 1, '0x', 1, '0x', now() - interval '2 hours',
        now() - interval '1 hour', 'EXPIRED', 1, now(), '{"stage":"VOID"}'::json
      from generate_series(1, ${count}) n;
      analyze key0_challenges`)
    return pagesOf(sql, sweep)
  }
  const [few, many] = [await tried(small, 100), await tried(large, 20_000)]
  expect(many).toBeLessThan(few + 40)
})
