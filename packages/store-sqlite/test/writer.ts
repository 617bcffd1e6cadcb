/*
 * A process that writes to a store until it is killed, and says so for every write that was
 * acknowledged. Arguments: the path, a name for its challenges, and how many (0: without end).
 */
import { createMint } from '@key0/conformance/store'
import { createSqliteStore } from '../src/createSqliteStore.ts'

const [, , path = '', name = '', count = '0'] = process.argv
const clock = { nowMs: () => Date.now() }
const mint = createMint(clock)
const store = createSqliteStore({ path, clock })
const say = (...words: readonly string[]): void => void process.stdout.write(`${words.join(' ')}\n`)

for (let i = 0; count === '0' || i < Number(count); i += 1) {
  const challengeId = `${name}-${process.pid}-${i}`
  const minted = mint({ challengeId, requestId: `request-${name}-${i}` })
  const created = await store.create(minted.base, { key: 'create' })
  say(created.kind, challengeId)
  if (created.kind !== 'applied' || count !== '0') continue
  const payment = minted.pay()
  const { paymentRef } = payment
  const unique = `${paymentRef}:${challengeId}` as typeof paymentRef
  await store.settle(challengeId, unique, payment.paid(), { key: 'settle' })
  say('paid', challengeId, unique)
}
await store.close()
