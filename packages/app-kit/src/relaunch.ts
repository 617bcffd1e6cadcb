import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** What this program is built from: resource stacks (24) and the SQLite inside Node (22.13). */
const NEEDED_MAJOR = 24

const RELAUNCHED = '--relaunched'

/** Whether this very process can run the gateway. */
export function isModern(version: string): boolean {
  return Number.parseInt(version, 10) >= NEEDED_MAJOR
}

/**
 * Runs this program again on the newer Node that was installed as a package, and becomes its
 * shadow: signals go to it, its end is ours. It ends at once when we are killed, so that whoever
 * watches this process watches the gateway.
 */
export function relaunch(program: string): void {
  const node = findNode()
  if (node === undefined) {
    process.stderr.write(
      `Key0 needs Node ${NEEDED_MAJOR} or newer; this is ${process.versions.node}. ` +
        'Run "npm start", which brings one, or install a newer Node.\n',
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, [program, RELAUNCHED], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => child.kill(signal))
  child.once('error', (error) => {
    process.stderr.write(`Key0 could not start ${node}: ${error.message}\n`)
    process.exitCode = 1
  })
  child.once('exit', (code, signal) => endLike(child, code, signal))
}

/** In the relaunched process: without its parent it ends as its parent did, like a crash. */
export function endWithParent(): void {
  if (!process.argv.includes(RELAUNCHED) || process.channel === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel.unref()
}

function endLike(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
  child.removeAllListeners()
  if (signal === null) {
    process.exitCode = code ?? 1
    return
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeAllListeners(name)
  process.kill(process.pid, signal)
}

function findNode(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    return undefined
  }
}
