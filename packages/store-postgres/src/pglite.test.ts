import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { afterAll, expect, test } from 'vitest'
import { createWipe } from '../test/createWipe.ts'
import { openPglite } from '../test/openPglite.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const { db, sql, store: printed } = await openPglite()
await printed.get('nobody')
const wipe = await createWipe(sql, (text) => db.exec(text))
afterAll(() => db.close())

test('the example for an engine inside the process runs as it is printed', async () => {
  expect((await printed.healthCheck()).ok).toBe(true)
  expect(await printed.get('nobody')).toBeUndefined()
})

// There is one session, so the peer shares it: laws of races prove the order of turns, no more.
storeConformance({
  test,
  async rig() {
    await wipe()
    const clock = createSteeredClock()
    const store = new PostgresChallengeStore({ sql, clock })
    const peer = new PostgresChallengeStore({ sql, clock })
    const dispose = async () => {}
    return { store, peer, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  },
})
