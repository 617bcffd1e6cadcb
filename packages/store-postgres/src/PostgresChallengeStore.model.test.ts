import { modelSettings, storeModel } from '@key0/conformance/model'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { findPostgres } from '@key0/test-services'
import { afterAll, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { createWipe } from '../test/createWipe.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'

const server = await findPostgres()
const url = await server.createDatabase()
// What survives a failure of the machine is not asked here, and waiting for a disk is slow.
const options = { connection: { synchronous_commit: 'off' } }
const [sql, peerSql] = [connect(url, options), connect(url, options)]
await new PostgresChallengeStore({ sql }).get('nobody')
const wipe = await createWipe(sql, (text) => sql.unsafe(text))

afterAll(async () => {
  await Promise.all([sql.end(), peerSql.end()])
  await server.stop()
})

const rig = async () => {
  await wipe()
  const clock = createSteeredClock()
  const store = new PostgresChallengeStore({ sql, clock })
  const peer = new PostgresChallengeStore({ sql: peerSql, clock })
  const dispose = async () => {}
  return { store, peer, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
}

storeModel({ test, rig, ...modelSettings(process.env) })
