import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type StorageConfig } from '@key0/app-kit'
import { areRefundsStopped, createRefundBudget, startRefunds, stopRefunds } from '@key0/core'
import { findPostgres, findRedis } from '@key0/test-services'
import { expect, test } from 'vitest'

const engines: Readonly<
  Record<string, (stack: AsyncDisposableStack) => Promise<StorageConfig> | StorageConfig>
> = {
  embedded: (stack) => {
    const dataDir = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-cli-')), (path) =>
      rmSync(path, { recursive: true, force: true }),
    )
    return { kind: 'embedded', dataDir }
  },
  redis: async (stack) => {
    const server = stack.adopt(await findRedis(), (it) => it.stop())
    return { kind: 'redis', url: server.url }
  },
  postgres: async (stack) => {
    const server = stack.adopt(await findPostgres(), (it) => it.stop())
    return { kind: 'postgres', url: await server.createDatabase() }
  },
}

test.each(Object.keys(engines))(
  'on %s workers share one budget and one switch',
  async (kind) => {
    await using stack = new AsyncDisposableStack()
    const storage = await engines[kind]?.(stack)
    if (!storage) throw new Error('no such engine')
    let made = 0
    // Noon of a day: the hour does not end while the test runs.
    const clock = { nowMs: () => new Date().setUTCHours(12, 30, 0, 0) }
    // A name of its own, because a server may be shared with other tests.
    const token = `0x${Date.now().toString(16).padStart(40, '0')}` as const
    const open = async () => {
      const { store } = stack.adopt(await openStore({ storage, network: 'testnet' }), (it) =>
        it.close(),
      )
      const newId = (): string => {
        made += 1
        return `${token}-${process.pid}-${made}`
      }
      const caps = { hour: { count: 7 }, day: { value: 10_000n } }
      const budget = createRefundBudget({ store, clock, newId, chainId: 84532, token, caps })
      return { store, clock, newId, budget, observe: () => {} }
    }
    const workers = await Promise.all([open(), open(), open(), open()])
    const asked = Array.from({ length: 40 }, (_, index) =>
      workers[index % 4]?.budget.take({ key: `payment ${index % 20}`, value: 1_000n }),
    )
    const taken = (await Promise.all(asked)).map((answer) => answer?.kind === 'taken')
    // Each payment was asked for twice, by two workers at most: it is counted once.
    const keys = new Set(taken.flatMap((isTaken, index) => (isTaken ? [index % 20] : [])))
    expect(keys.size).toBe(7)
    const reborn = await open()
    expect((await reborn.budget.take({ key: 'late', value: 1n })).kind).toBe('refused')

    const [one, other] = workers
    if (!one || !other) throw new Error('there are workers')
    if (await areRefundsStopped(one)) await startRefunds(one, { actor: 'test', reason: 'begin' })
    await Promise.all(
      [one, other].map((it) => stopRefunds(it, { actor: 'ada', reason: 'both at once' })),
    )
    expect(await areRefundsStopped(reborn)).toBe(true)
    await startRefunds(other, { actor: 'bob', reason: 'looked' })
    expect(await areRefundsStopped(one)).toBe(false)
  },
  60_000,
)
