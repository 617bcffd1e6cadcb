import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const cli = join(import.meta.dirname, 'cli.ts')
const start = spawn(process.execPath, [cli, 'start', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let rpcUrl = ''
beforeAll(async () => {
  const [line] = (await once(start.stdout, 'data')) as [Buffer]
  const data = JSON.parse(line.toString())
  expect(data).toMatchObject({
    chainId: 84532,
    usdc: { address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e', domain: { name: 'USDC' } },
    wallets: { buyer: { usdc: '1000000000', privateKey: expect.stringMatching(/^0x/) } },
  })
  rpcUrl = data.rpcUrl
})
afterAll(() => {
  start.kill('SIGKILL')
})

const run = async (...args: string[]): Promise<{ stdout: string; stderr: string }> =>
  await promisify(execFile)(process.execPath, [cli, ...args], {
    env: { ...process.env, NO_COLOR: '1' },
  })
const act = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await run(...args, '--json', '--rpc', rpcUrl)).stdout)
const fail = async (...args: string[]): Promise<string> =>
  await run(...args, '--rpc', rpcUrl).then(
    () => 'it worked',
    (error: { stderr: string; code: number }) => `${error.code} ${error.stderr}`,
  )

test('the commands act on a running sandbox', async () => {
  expect(await act('mint', 'stranger', '25.5')).toMatchObject({ balance: '25500000' })
  expect(await act('transfer', 'stranger', 'seller', '0.000001')).toHaveProperty('transaction')
  expect(await act('transfers', '--from', 'stranger')).toMatchObject([{ value: '1' }])
  const { blockNumber } = (await act('mine', '3')) as { blockNumber: string }
  expect(await act('reorg', '2')).toMatchObject({ blockNumber })
  await act('pause')
  expect(await fail('transfer', 'buyer', 'seller', '1')).toMatch(/^1 .*Pausable: paused/)
  await act('unpause')
  const { snapshot } = (await act('snapshot')) as { snapshot: string }
  await act('blacklist', 'buyer')
  expect(await fail('transfer', 'buyer', 'seller', '1')).toMatch(/blacklisted/)
  expect(await act('revert', snapshot)).toBeTruthy()
  await act('stall')
  const { transaction } = (await act('transfer', 'buyer', 'seller', '1')) as { transaction: string }
  expect(await act('drop', transaction)).toEqual({ dropped: true })
  await act('resume')
  const before = (await act('mine')) as { timestamp: string }
  const after = (await act('warp', '3600')) as { timestamp: string }
  expect(Number(after.timestamp) - Number(before.timestamp)).toBeGreaterThanOrEqual(3600)
  const { stdout } = await run('status', '--rpc', rpcUrl)
  expect(stdout).toContain('seller   0xeDb79B3343C12ADfD06a0399c30cBD4Dd340F3Ea  100.000001 USDC')
}, 60_000)

test('what is wrong is said, with exit code 1', async () => {
  expect(await fail('mint', 'buyer', '0.0000001')).toMatch(/at most 6 decimals.*bad_option/)
  expect(await fail('mint', '0x12', '1')).toMatch(/who: expected an address/)
  expect(await fail('mine', '--blocs', '3')).toMatch(/no option --blocs/)
  expect(await fail('mine', '1', '2')).toMatch(/"2" is an argument too many/)
  expect(await fail('reorg', '500')).toMatch(/reorg_too_deep/)
  await expect(run('status', '--rpc', 'http://127.0.0.1:9')).rejects.toThrow(/not_a_sandbox/)
}, 30_000)

test('help names every command', async () => {
  const { stdout } = await run('--help')
  for (const name of ['start', 'mint', 'blacklist', 'pause', 'reorg', 'warp', 'transfers']) {
    expect(stdout).toContain(name)
  }
  expect((await run('start', '--help')).stdout).toContain('--block-time')
})

test('a signal ends it in order', async () => {
  start.kill('SIGTERM')
  const [code] = await once(start, 'exit')
  expect(code).toBe(0)
  await expect(run('status', '--rpc', rpcUrl)).rejects.toThrow(/not_a_sandbox/)
})
