// Owns a sandbox in a process of its own, for tests that end the process in some way.
import { existsSync, readFileSync } from 'node:fs'
import { startSandbox } from '../src/startSandbox.ts'

const [way] = process.argv.slice(2)
const listFile = `/proc/self/task/${process.pid}/children`

const sandbox = await startSandbox()
if (way === 'stop') {
  await sandbox.stop()
  await sandbox.stop()
}
const children = existsSync(listFile) ? readFileSync(listFile, 'utf8').trim() : ''
process.stdout.write(`${JSON.stringify({ url: sandbox.rpcUrl, children })}\n`)
if (way === 'wait') setInterval(() => undefined, 1_000)
