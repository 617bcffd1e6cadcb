import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { startProgram } from '../src/startProgram.ts'

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.each(['a server', 'one of our programs'])(
  '%s ends when the process that started it is killed',
  async (what) => {
    const script = new URL('orphan.ts', import.meta.url).pathname
    const parent = spawn(process.execPath, ['--conditions=@key0/source', script, what])
    const [said] = await once(parent.stdout, 'data')
    const pid = Number(said)
    expect(isRunning(pid)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isRunning(pid), { interval: 10, timeout: 5_000 }).toBe(false)
  },
)

test('a program that ends before it said what is waited for tells its last words', async () => {
  const program = startProgram('/bin/sh', ['-c', 'echo no room; exit 3'], '/')
  await expect(program.said(/ready/)).rejects.toThrow(/ended with 3:\nno room/)
})

test('a program that does not exist is an error, not a crash', async () => {
  const program = startProgram('/nowhere/redis-server', [], '/')
  await expect(program.said(/ready/)).rejects.toThrow(/ENOENT/)
  await program.kill('SIGKILL')
})
