import { expect, test } from 'vitest'
import { createDatabases } from '../test/freshDatabase.ts'
import { createWalletLease } from './createWalletLease.ts'

const databases = await createDatabases()
const wallet = `0x${'Ab'.repeat(20)}`

test('processes that share a wallet hold it one at a time, and each gets its turn', async () => {
  const { sql, another } = await databases.fresh()
  const leases = [sql, another()].map((each) => createWalletLease({ sql: each, pollMs: 5 }))
  let holders = 0
  let most = 0
  const held = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const address = index % 3 === 0 ? wallet.toLowerCase() : wallet
      return await leases[index % 2]?.hold(address, async () => {
        holders += 1
        most = Math.max(most, holders)
        await sql`select 1`
        holders -= 1
        return index
      })
    }),
  )
  expect(held).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBe(1)
})

test('a process that wants the wallet again lets those who waited go first', async () => {
  const { sql, another } = await databases.fresh()
  const [busy, patient] = [sql, another()].map((each) =>
    createWalletLease({ sql: each, pollMs: 50 }),
  )
  const order: string[] = []
  let waiting: Promise<unknown> | undefined
  await busy?.hold(wallet, async () => {
    waiting = patient?.hold(wallet, async () => order.push('patient'))
    const isWanted = async (): Promise<boolean> =>
      (await sql`select 1 from key0_wallet_leases where wanted_until is not null`).length > 0
    while (!(await isWanted()));
  })
  await busy?.hold(wallet, async () => order.push('busy'))
  await waiting
  expect(order).toEqual(['patient', 'busy'])
})

test('a holder that died delays others by its lease, which is 60 s, and no longer', async () => {
  const { sql } = await databases.fresh()
  const lease = createWalletLease({ sql, pollMs: 5, maxWaitMs: 20 })
  await lease.hold(wallet, async () => {
    const [row] = await sql<{ seconds: number }[]>`
      select extract(epoch from ends_at - clock_timestamp())::float8 as seconds
      from key0_wallet_leases`
    expect(row?.seconds).toBeGreaterThan(50)
    expect(row?.seconds).toBeLessThanOrEqual(60)
  })
  const seize = async (ends: string): Promise<void> => {
    await sql`
      update key0_wallet_leases
      set holder = 'dead', ends_at = now() + ${ends}::text::interval`
  }
  await seize('1 hour')
  let ran = 0
  const inVain = lease.hold(wallet, async () => {
    ran += 1
  })
  await expect(inVain).rejects.toMatchObject({ code: 'OVERLOADED' })
  expect(ran).toBe(0)
  await seize('-1 second')
  expect(await lease.hold(wallet, async () => 'held')).toBe('held')
})

test('a holder that overstayed its lease does not end another’s turn', async () => {
  const { sql } = await databases.fresh()
  await createWalletLease({ sql }).hold(wallet, async () => {
    await sql`update key0_wallet_leases set holder = 'another'`
  })
  const [row] = await sql`select holder, ends_at > now() as holds from key0_wallet_leases`
  expect(row).toEqual({ holder: 'another', holds: true })
})

test('a database that does not answer is named, and the wallet is not used', async () => {
  const { sql, another } = await databases.fresh()
  await sql`select 1`
  const gone = another()
  await gone.end()
  const holding = createWalletLease({ sql: gone }).hold(wallet, async () => expect.unreachable())
  await expect(holding).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
