import { afterAll, beforeAll, expect, test } from 'vitest'
import { keep, price, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createGasWalletSettler } from './createGasWalletSettler.ts'

let rig: TestRig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

test('one payment in order takes at most 6 calls besides receipt polls', async () => {
  const { chain, proxy, offer, sandbox } = rig
  const settler = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas.privateKey })
  const first = await rig.pay()
  await settler.submit(
    { token: offer.token, offer, authorization: first, previous: [] },
    keep().journal,
  )
  const authorization = await rig.pay()
  proxy.clearCalls()

  const verification = await chain.verify(offer, authorization)
  expect(verification.kind).toBe('valid')
  const { journal, kept } = keep()
  const request = { token: offer.token, offer, authorization, previous: [] }
  const submitted = await settler.submit(request, journal)
  if (submitted.kind !== 'submitted' || !submitted.txHash) throw new Error(submitted.kind)
  const query = toQuery(authorization, { hints: [submitted.txHash], waitMs: 5_000 })
  const sighting = await chain.observe(query)

  expect(kept).toHaveLength(1)
  expect(sighting).toMatchObject({
    kind: 'confirmed',
    evidence: { value: price, txHash: submitted.txHash },
  })
  const counts: Record<string, number> = {}
  for (const { method } of proxy.calls()) counts[method] = (counts[method] ?? 0) + 1
  process.stdout.write(`RPC calls of one settlement: ${JSON.stringify(counts)}\n`)
  const { eth_getTransactionReceipt: receipts = 0, ...others } = counts
  expect(receipts).toBeGreaterThan(0)
  expect(Object.values(others).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(6)
})
