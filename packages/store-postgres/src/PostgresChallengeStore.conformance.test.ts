import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { findPostgres } from '@key0/test-services'
import { afterAll, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { emptyTables } from '../test/emptyTables.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const server = await findPostgres()
const url = await server.createDatabase()
const [sql, peerSql] = [connect(url), connect(url)]
await new PostgresChallengeStore({ sql }).get('nobody')

afterAll(async () => {
  await Promise.all([sql.end(), peerSql.end()])
  await server.stop()
})

storeConformance({
  test,
  async rig(retention) {
    await emptyTables(sql)
    const clock = createSteeredClock()
    const store = new PostgresChallengeStore({ sql, clock, retention })
    const peer = new PostgresChallengeStore({ sql: peerSql, clock, retention })
    const dispose = async () => {}
    return { store, peer, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  },
})
