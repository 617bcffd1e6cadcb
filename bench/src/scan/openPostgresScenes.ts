import { PostgresChallengeStore } from '@key0/store-postgres'
import { startPostgres } from '@key0/test-services'
import postgres, { type Sql } from 'postgres'
import { fillPostgres } from './fillPostgres.ts'
import type { Scenes, Sizes } from './scan.ts'
import { assertCopied, buy, marker, mintTemplate } from './template.ts'

/** Four databases on one server. Nobody waits for the disk: only reading is measured. */
export async function openPostgresScenes(
  sizes: Sizes,
  say: (text: string) => void,
): Promise<Scenes> {
  const server = await startPostgres({
    ...{ synchronous_commit: 'off', max_wal_size: '16GB', shared_buffers: '1GB' },
  })
  const clients: Sql[] = []
  const open = async (): Promise<{ readonly sql: Sql; readonly store: PostgresChallengeStore }> => {
    const sql = postgres(await server.createDatabase(), { onnotice: () => {} })
    clients.push(sql)
    const store = new PostgresChallengeStore({ sql })
    await store.get('nobody')
    return { sql, store }
  }
  const fill = async (name: 'small' | 'large'): Promise<PostgresChallengeStore> => {
    const { sql, store } = await open()
    await buy(store, mintTemplate(marker))
    // The template is one of them.
    const count = sizes[name] - 1
    await fillPostgres(sql, count, (done) => say(`filled ${done} of ${sizes[name]}`))
    for (const number of [0, 1, count >> 1, count - 1]) await assertCopied(store, number)
    return store
  }
  const [small, large] = [await fill('small'), await fill('large')]
  const [alone, crowded] = [(await open()).store, (await open()).store]
  return {
    ...{ small, large, alone, crowded },
    async [Symbol.asyncDispose]() {
      for (const sql of clients) await sql.end()
      await server.stop()
    },
  }
}
