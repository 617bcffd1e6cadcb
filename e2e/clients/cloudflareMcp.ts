import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Its peers are many; these are the ones that its payments need. */
const packages = [
  'agents@0.32.0',
  '@modelcontextprotocol/sdk@1.32.2',
  '@x402/core@2.27.0',
  '@x402/evm@2.27.0',
  'viem@2.57.1',
  'zod@4.6.7',
]

const program = `
  import { Client } from '@modelcontextprotocol/sdk/client/index.js'
  import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
  import { withX402Client } from 'agents/x402'
  import { privateKeyToAccount } from 'viem/accounts'
  const { privateKey, url, call, cap } = JSON.parse(process.argv[1])
  const client = new Client({ name: 'cloudflare', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  const account = privateKeyToAccount(privateKey)
  const options = { account, network: 'base-sepolia', maxPaymentValue: BigInt(cap) }
  const paying = withX402Client(client, options)
  const { tools } = await paying.listTools()
  const result = await paying.callTool(null, call)
  process.stdout.write(JSON.stringify({ tools, result }))
  await client.close()
`

/** What Cloudflare's client saw. */
type CloudflareSaw = {
  readonly tools: readonly { readonly name: string; readonly description: string }[]
  readonly result: Readonly<Record<string, unknown>>
}

type CloudflareClient = (asked: {
  readonly privateKey: string
  /** The MCP server's. */
  readonly url: string
  /** The tool, and what it is asked. */
  readonly call: { readonly name: string; readonly arguments: object }
  /** The most it pays, in atomic units. */
  readonly cap: number
}) => Promise<CloudflareSaw>

/** `agents/x402`, installed in a folder of its own, and each purchase a process of its own. */
export async function installCloudflareMcp(folder: string): Promise<CloudflareClient> {
  const home = join(folder, 'cloudflare')
  if (!existsSync(join(home, 'node_modules', 'agents'))) {
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}')
    const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
    await run('npm', ['install', ...options, ...packages], { cwd: home })
  }
  return async (asked) => {
    const args = ['--input-type=module', '--eval', program, JSON.stringify(asked)]
    const { stdout } = await run(process.execPath, args, { cwd: home })
    return JSON.parse(stdout) as CloudflareSaw
  }
}
