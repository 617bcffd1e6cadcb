import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startSandbox } from '../startSandbox.ts'
import { findAnvil } from './findAnvil.ts'

const owner = join(import.meta.dirname, '../../test/owner.ts')

type Report = { readonly url: string; readonly children: string }

async function run(
  way: string,
): Promise<{ readonly child: ChildProcess; readonly report: Report }> {
  const child = spawn(process.execPath, [owner, way], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, report: JSON.parse(line.toString()) as Report }
}

const isUp = async (url: string): Promise<boolean> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  const headers = { 'content-type': 'application/json' }
  return await fetch(url, { method: 'POST', headers, body }).then(
    ({ ok }) => ok,
    () => false,
  )
}

test('stopping leaves no process, neither anvil nor its watchdog', async () => {
  const { child, report } = await run('stop')
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  expect(code).toBe(0)
  expect(report.children).toBe('')
  expect(await isUp(report.url)).toBe(false)
})

test('a program that forgets to stop ends all the same, and anvil with it', async () => {
  const { child, report } = await run('forget')
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  expect(code).toBe(0)
  await expect.poll(async () => await isUp(report.url)).toBe(false)
})

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'anvil dies with its owner by %s',
  async (signal) => {
    const { child, report } = await run('wait')
    expect(await isUp(report.url)).toBe(true)
    child.kill(signal)
    await once(child, 'exit')
    await expect.poll(async () => await isUp(report.url), { timeout: 5_000 }).toBe(false)
  },
)

test('await using stops anvil at the end of the block, also when it throws', async () => {
  let url = ''
  const body = async (): Promise<void> => {
    await using sandbox = await startSandbox()
    url = sandbox.rpcUrl
    throw new Error('a failing test')
  }
  await expect(body()).rejects.toThrow('a failing test')
  expect(await isUp(url)).toBe(false)
})

test('exited tells that anvil crashed', async () => {
  await using sandbox = await startSandbox()
  process.kill(sandbox.pid, 'SIGKILL')
  await sandbox.exited
  await expect(sandbox.blockNumber()).rejects.toThrow()
})

test('a port that is taken is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await expect(startSandbox({ port })).rejects.toMatchObject({
    code: 'anvil_not_started',
    message: expect.stringContaining(`port ${port} of 127.0.0.1 is taken`),
  })
  taken.close()
})

test("an argument that anvil does not know is answered in anvil's words", async () => {
  await expect(startSandbox({ anvilArgs: ['--no-such'] })).rejects.toThrow(/--no-such/)
})

test('the binary is found through the package, and its absence explained', () => {
  expect(findAnvil()).toMatch(/@foundry-rs[\\/]anvil-[a-z0-9-]+[\\/]bin[\\/]anvil(\.exe)?$/)
  expect(() => findAnvil('sunos', 'x64')).toThrow(/no binary for sunos-x64/)
  const other = process.platform === 'darwin' ? 'linux' : 'darwin'
  expect(() => findAnvil(other, 'arm64')).toThrow(/is not installed/)
})
