import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isModern } from './relaunch.ts'

const module = new URL('relaunch.ts', import.meta.url).href
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key0-relaunch-'))
  // Stands for the gateway: says who it is, and ends with code 3 when it is asked to.
  const program = `
    import { endWithParent } from ${JSON.stringify(module)}
    endWithParent()
    process.on('SIGTERM', () => process.exit(3))
    process.stdout.write(process.pid + '\\n')
    setInterval(() => {}, 1000)`
  await writeFile(join(folder, 'program.mjs'), program)
  const shadow = `
    import { relaunch } from ${JSON.stringify(module)}
    relaunch(${JSON.stringify(join(folder, 'program.mjs'))})`
  await writeFile(join(folder, 'shadow.mjs'), shadow)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function startShadow(): Promise<{ readonly shadow: ChildProcess; readonly pid: number }> {
  const shadow = spawn(process.execPath, [join(folder, 'shadow.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(shadow.stdout as NodeJS.ReadableStream, 'data')
  return { shadow, pid: Number(`${line}`) }
}

/** Resolves once the process is gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((done) => setTimeout(done, 10))
  }
}

test('a signal reaches the gateway, and its exit code comes back', async () => {
  const { shadow, pid } = await startShadow()
  expect(pid).not.toBe(shadow.pid)
  shadow.kill('SIGTERM')
  const [code] = await once(shadow, 'exit')
  expect(code).toBe(3)
  await gone(pid)
})

test('kill -9 of what the operator started ends the gateway too', async () => {
  const { shadow, pid } = await startShadow()
  shadow.kill('SIGKILL')
  await gone(pid)
})

test('a gateway killed by a signal looks killed by it from outside', async () => {
  const { shadow, pid } = await startShadow()
  process.kill(pid, 'SIGKILL')
  const [, signal] = await once(shadow, 'exit')
  expect(signal).toBe('SIGKILL')
})

test.each([
  ['20.20.2', false],
  ['22.13.0', false],
  ['24.0.0', true],
  ['26.10.0', true],
])('Node %s runs the gateway itself: %s', (version, modern) => {
  expect(isModern(version)).toBe(modern)
})
