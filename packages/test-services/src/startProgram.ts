import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program that said a line it was waited for, and may be killed. */
export type Program = {
  readonly pid: number
  /** Resolves with the first line, said already or yet to come, that matches. */
  said(pattern: RegExp): Promise<string>
  /** Sends a signal and waits until the program has ended. */
  kill(signal: NodeJS.Signals): Promise<void>
}

/**
 * Waits at the end of a pipe that closes when this process is gone, however it went, and ends the
 * program then: a test runner that kills its workers gives them no chance to tidy up.
 */
export function outlive(pid: number): ChildProcess {
  const script = 'cat >/dev/null; kill -9 "$0"'
  const stdio = ['pipe', 'ignore', 'ignore'] as const
  const watcher = spawn('/bin/sh', ['-c', script, String(pid)], {
    stdio: [...stdio],
    detached: true,
  })
  watcher.unref()
  return watcher
}

/**
 * Starts a program and keeps what it says. It does not outlive this process, even a killed one.
 *
 * @throws Error with the program's last words when it ends before it said what is waited for
 */
export function startProgram(
  path: string,
  args: readonly string[],
  cwd: string,
  user: { readonly uid?: number; readonly gid?: number } = {},
): Program {
  const child = spawn(path, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...user })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  const hear = (line: string): void => {
    lines.push(line)
    if (lines.length > 1_000) lines.splice(0, 500)
    wake()
  }
  let ended: string | undefined
  const watcher = child.pid === undefined ? undefined : outlive(child.pid)
  createInterface({ input: child.stdout }).on('line', hear)
  createInterface({ input: child.stderr }).on('line', hear)
  const exit = once(child, 'close').then(
    ([code, signal]) => {
      ended = `ended with ${code ?? signal}`
    },
    (error: unknown) => {
      ended = `could not be started: ${String(error)}`
    },
  )
  const over = exit.then(() => {
    watcher?.kill('SIGKILL')
    wake()
  })

  return {
    get pid() {
      return child.pid ?? -1
    },
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find((one) => pattern.test(one))
          if (line === undefined && ended === undefined) return
          waiting.delete(look)
          if (line !== undefined) resolve(line)
          else reject(new Error(`${path} ${ended}:\n${lines.slice(-10).join('\n')}`))
        }
        waiting.add(look)
        look()
      }),
    async kill(signal) {
      if (ended === undefined) child.kill(signal)
      await over
    },
  }
}
