import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Bought, PublicClient } from './publicClients.ts'

const run = promisify(execFile)

/** The client of version 1 as it was: almost 500 packages, which nobody else should have to load. */
const LEGACY = 'x402-fetch@1.2.0'

const program = `
  import { createSigner, wrapFetchWithPayment } from 'x402-fetch'
  const { privateKey, purchase: { url, method, json, headers: own } } = JSON.parse(process.argv[1])
  const headers = { 'content-type': 'application/json', ...own }
  const body = json && JSON.stringify(json)
  const signer = await createSigner('base-sepolia', privateKey)
  const paying = wrapFetchWithPayment(fetch, signer, 1_000_000n)
  const response = await paying(url, { method, headers, ...(body && { body }) })
  const seen = { status: response.status, body: await response.json() }
  process.stdout.write(JSON.stringify({ ...seen, headers: [...response.headers] }))
`

/** The legacy client, installed in a folder of its own, and each purchase a process of its own. */
export async function installLegacyFetch(folder: string): Promise<PublicClient> {
  if (!existsSync(join(folder, 'node_modules', 'x402-fetch'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', ['install', ...options, LEGACY], { cwd: folder })
  }
  return {
    name: LEGACY,
    x402Version: 1,
    open: (privateKey) => async (purchase) => {
      const asked = JSON.stringify({ privateKey, purchase })
      const args = ['--input-type=module', '--eval', program, asked]
      const { stdout } = await run(process.execPath, args, { cwd: folder })
      const { headers, ...seen } = JSON.parse(stdout) as Omit<Bought, 'headers'> & {
        readonly headers: readonly (readonly [string, string])[]
      }
      const byName = new Map(headers)
      return { ...seen, headers: (name) => byName.get(name) }
    },
  }
}
