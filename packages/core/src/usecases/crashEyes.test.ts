import { expect, test } from 'vitest'
import type { PaymentRef } from '../challenge/PaymentRef.ts'
import { flows, runFlow, runSingles } from '../testing/crashFlows.ts'
import type { TestWorld } from '../testing/createTestContext.ts'
import { signAuthorization } from '../testing/fakeHash.ts'
import { fakeAccounts } from '../testing/mint.ts'

/*
 * The crash points prove nothing unless they can see. Each test breaks one promise on purpose, the
 * way a plausible mistake would, and the books must notice.
 */

test('a refund that takes a new nonce each time it is sent is caught paying twice', async () => {
  const { problems } = await runFlow(flows.refunded, [], (world) => ({
    ...world,
    payout: {
      ...world.payout,
      carry: ({ authorization, ...rest }, journal) => {
        const nonce = `0x${world.newId()}${world.newId()}` as const
        const other = signAuthorization(world.ledger.token, { ...authorization, nonce })
        return world.payout.carry({ ...rest, previous: [], authorization: other }, journal)
      },
    },
  }))
  expect(problems.filter((each) => each.startsWith('I1:'))).not.toEqual([])
})

test('a settlement without its write-ahead notes is caught losing the payment', async () => {
  const { failures } = await runSingles(flows.paid, (world) => ({
    ...world,
    settler: {
      ...world.settler,
      submit: (request) => world.settler.submit(request, async () => {}),
    },
    store: {
      ...world.store,
      async reserve(id, intent, attempt) {
        const record = await world.store.get(id)
        if (!record) return world.store.reserve(id, intent, attempt)
        return { kind: 'applied', record: { ...record, intent } }
      },
    },
  }))
  expect(failures.filter((each) => /I[23]:/.test(each))).not.toEqual([])
})

test('a grant that leaves before the store said so is caught', async () => {
  const { problems } = await runFlow(flows.paid, [], (world) => ({
    ...world,
    store: {
      ...world.store,
      async transition(move) {
        const record = move.to === 'DELIVERED' ? await world.store.get(move.id) : undefined
        if (!record) return world.store.transition(move)
        const fields = move.fields as object
        return { kind: 'applied', record: { ...record, ...fields, state: 'DELIVERED' } }
      },
    },
  }))
  expect(problems.filter((each) => each.startsWith('I11:'))).not.toEqual([])
  expect(problems.filter((each) => each.startsWith('I6:'))).not.toEqual([])
})

test('a credential handed out while the issuer’s answer is unknown is caught with its refund', async () => {
  const { problems } = await runFlow(flows.paid, [], (world) => ({
    ...world,
    issuer: {
      ...world.issuer,
      async issue(request) {
        const { challengeId, requestId, resourceId, planId, txHash, fromAddress } = request
        const names = { challengeId, requestId, resourceId, planId, txHash }
        const token = { accessToken: 'leaked', tokenType: 'Bearer' }
        const grant = { type: 'AccessGrant', ...names, ...token } as const
        world.received.push({ challengeId, payer: fromAddress, goods: grant })
        return { kind: 'unknown', reason: 'no answer' }
      },
    },
  }))
  expect(problems.filter((each) => each.startsWith('I6:'))).not.toEqual([])
})

test('a payment marked paid without its claim is caught', async () => {
  const { problems } = await runFlow(flows.proven, [], (world) => ({
    ...world,
    store: {
      ...world.store,
      settle: (id, paymentRef, fields, attempt) =>
        world.store.settle(id, `${paymentRef}:${id}` as PaymentRef, fields, attempt),
    },
  }))
  expect(problems.filter((each) => each.startsWith('I2:'))).not.toEqual([])
})

test('REFUND_FAILED decided on an unknown outcome is caught', async () => {
  const { problems } = await runFlow(flows.refunded, [], (world) => ({
    ...world,
    store: {
      ...world.store,
      transition: (move) =>
        move.fields?.refund?.stage === 'SENT'
          ? world.store.transition({
              ...move,
              to: 'REFUND_FAILED',
              fields: { refundError: 'timed out' },
            })
          : world.store.transition(move),
    },
  }))
  expect(problems.filter((each) => each.startsWith('I3:'))).not.toEqual([])
})

test('a chain that takes silence for death is caught charging twice', async () => {
  const { failures } = await runSingles(flows.paid, guessing)
  expect(failures.filter((each) => /I[39]:/.test(each))).not.toEqual([])
})

/** The chain is slow to mine, and the adapter calls a payment dead that it does not see yet. */
function guessing(world: TestWorld): TestWorld {
  world.ledger.autoMine = false
  const { observe } = world.chain
  return {
    ...world,
    chain: Object.assign(world.chain, {
      observe: async (query: Parameters<typeof observe>[0]) => {
        const sighting = await observe(query)
        const guess = sighting.kind === 'unused' && query.to === fakeAccounts.seller
        return guess ? ({ kind: 'dead', cause: 'expired' } as const) : sighting
      },
    }),
  }
}
