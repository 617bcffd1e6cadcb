import { randomBytes } from 'node:crypto'
import postgres from 'postgres'

/** Makes an empty database on the server of `url` and returns its URL. */
export async function createDatabase(url: string): Promise<string> {
  const name = `key0_test_${randomBytes(8).toString('hex')}`
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(`create database ${name}`)
  } finally {
    await sql.end()
  }
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}
