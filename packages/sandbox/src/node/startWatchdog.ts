import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Kills a process when this one is gone, whatever ended it. */
export type Watchdog = {
  readonly guard: (pid: number) => void
  /** Ends the watchdog, and resolves when it is gone. */
  readonly stop: () => Promise<void>
}

// Both read a process id from their input and then wait for its end. The operating system closes
// the pipe when the parent dies, even by SIGKILL, where no handler of the parent's can run.
const shell = 'trap "" INT TERM HUP; read -r pid || exit 0; read -r _; kill -9 "$pid" 2>/dev/null'
const script = `
  let text = ''
  process.stdin.on('data', (chunk) => { text += chunk })
  process.stdin.on('end', () => { try { process.kill(Number(text), 'SIGKILL') } catch {} })
`

/**
 * Starts the watchdog: a shell of about one megabyte, or a Node process where there is no shell.
 * It is detached, so that a signal to the parent's whole group does not take it along.
 */
export function startWatchdog(): Watchdog {
  const hasShell = process.platform !== 'win32' && existsSync('/bin/sh')
  const [command, args] = hasShell
    ? (['/bin/sh', ['-c', shell]] as const)
    : ([process.execPath, ['-e', script]] as const)
  const child: ChildProcess = spawn(command, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  })
  child.unref()
  const input = child.stdin
  // Without a watchdog the sandbox still works and still ends with an orderly exit.
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  input?.on('error', () => undefined)
  ;(input as { unref?: () => void } | null)?.unref?.()
  return {
    guard: (pid) => {
      input?.write(`${pid}\n`)
    },
    stop: async () => {
      child.ref()
      child.kill('SIGKILL')
      await ended
    },
  }
}
