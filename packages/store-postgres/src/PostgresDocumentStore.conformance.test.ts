import { documentConformance } from '@key0/conformance/store'
import { findPostgres } from '@key0/test-services'
import { afterAll, test } from 'vitest'
import { connect } from '../test/connect.ts'
import { PostgresDocumentStore } from './PostgresDocumentStore.ts'

const server = await findPostgres()
const url = await server.createDatabase()
const [sql, peerSql] = [connect(url), connect(url)]

afterAll(async () => {
  await Promise.all([sql.end(), peerSql.end()])
  await server.stop()
})

documentConformance({
  test,
  async rig() {
    const documents = new PostgresDocumentStore({ sql })
    const peer = new PostgresDocumentStore({ sql: peerSql })
    await documents.get('nobody')
    await sql`delete from key0_documents`
    return { documents, peer, [Symbol.asyncDispose]: async () => {} }
  },
})
