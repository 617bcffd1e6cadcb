import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEvmChain } from '@key0/chain-evm'
import type { ChallengeStore } from '@key0/core'
import { createRefunds } from '@key0/refunds'
import { startSandbox } from '@key0/sandbox'
import { createSqliteStore } from '@key0/store-sqlite'
import { expect, test } from 'vitest'
import { key0, paidUndelivered, toEnv } from './rig.ts'

/** Delivers a paid challenge, as a gateway does. */
async function deliver(store: ChallengeStore, id: string): Promise<void> {
  const record = await store.get(id)
  if (!record?.txHash) throw new Error('only what is paid is delivered')
  const { challengeId, requestId, resourceId, planId, txHash } = record
  const token = { accessToken: 'a grant that left', tokenType: 'Bearer' }
  const named = { challengeId, requestId, resourceId, planId, txHash }
  const accessGrant = { type: 'AccessGrant', ...named, ...token } as const
  const fields = { accessGrant, deliveredAt: new Date() }
  await store.transition({ id, from: 'PAID', to: 'DELIVERED', key: 'deliver', fields })
}

test('after a backup was put back nobody who was served is refunded, and the walk ends clean', async () => {
  await using stack = new AsyncDisposableStack()
  // What the wallet holds is what buyers paid: nothing else is to be explained.
  const sandbox = stack.use(await startSandbox({ funding: { seller: { usdc: 0n } } }))
  const path = stack.adopt(mkdtempSync(join(tmpdir(), 'key0-cli-')), (it) =>
    rmSync(it, { recursive: true, force: true }),
  )
  const [dataDir, copy] = [join(path, 'live'), join(path, 'copy')]
  const env = toEnv(sandbox, { KEY0_DATA_DIR: dataDir })
  const run = async (...args: string[]) => await key0(env, ...args, '--json')
  const why = ['--actor', 'ada', '--reason', 'restored from the copy of noon']

  // Two paid; a copy is made; then both are served, and a third pays and is served.
  let store = createSqliteStore({ dataDir })
  await store.close()
  expect((await run('recover')).json).toMatchObject({ unexplained: [], declaredLoss: false })
  store = createSqliteStore({ dataDir })
  const early = [await paidUndelivered(sandbox, store), await paidUndelivered(sandbox, store)]
  await store.close()
  cpSync(dataDir, copy, { recursive: true })
  store = createSqliteStore({ dataDir })
  const [served, owed] = early as [string, string]
  await deliver(store, served)
  await deliver(store, await paidUndelivered(sandbox, store))
  await store.close()
  rmSync(dataDir, { recursive: true })
  cpSync(copy, dataDir, { recursive: true })

  expect((await run('stop', ...why)).json).toMatchObject({ isStopped: true })
  const look = await run('recover')
  expect(look.json).toMatchObject({ applied: false, adopted: [], declaredLoss: false })
  expect(look.json.unexplained).toMatchObject([{ value: '250000' }])
  expect((await key0(env, 'recover')).out).toMatch(/Next:\n +1\. key0 recover --yes/)
  const soon = await run('recover', '--yes')
  expect(soon.json).toMatchObject({ adopted: [], declaredLoss: false })
  const walk = await run('recover', '--yes', '--presented-within', '0')
  expect(walk.json).toMatchObject({
    ...{ applied: true, declaredLoss: true, toBeHeld: { count: 2, value: '500000' } },
    continuity: { break: { cause: 'events' } },
  })
  expect(walk.json.adopted).toMatchObject([{ value: '250000' }])

  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const { seller, buyer, gas } = sandbox.wallets
  const sent = () => sandbox.transfers({ from: seller.address, to: buyer.address })
  const refund = async (): Promise<void> => {
    const worker = createSqliteStore({ dataDir })
    const keys = { walletPrivateKey: seller.privateKey, gasWalletPrivateKey: gas.privateKey }
    await createRefunds({ store: worker, chain, ...keys }).run()
    await worker.close()
  }
  await refund()
  await run('start', ...why)
  await refund()
  expect(await sent()).toEqual([])
  const { json: held } = await run('list', '--kind', 'held')
  expect(held.items).toHaveLength(3)
  const stray = held.items.find(({ disposition }: never) => disposition === 'UNMATCHED')
  expect((await run('write-off', served, stray.challengeId, ...why)).code).toBe(0)
  expect((await run('release', owed, ...why)).code).toBe(0)
  await refund()
  expect(await sent()).toHaveLength(1)
  expect((await run('list')).json.items).toEqual([])
  expect((await run('recover')).json).toMatchObject({ unexplained: [], held: [] })
  chain.close()
}, 120_000)
