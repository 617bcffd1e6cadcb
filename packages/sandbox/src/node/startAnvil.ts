import { type ChildProcess, spawn } from 'node:child_process'
import { SandboxError } from '../SandboxError.ts'
import { findAnvil } from './findAnvil.ts'
import { startWatchdog } from './startWatchdog.ts'

export type AnvilOptions = {
  readonly chainId: number
  readonly host: string
  readonly port: number
  readonly slotsInAnEpoch: number
  readonly startTimeoutMs: number
  readonly anvilArgs: readonly string[]
}

export type AnvilProcess = {
  readonly url: string
  readonly pid: number
  readonly exited: Promise<void>
  readonly stop: () => Promise<void>
}

/**
 * Starts anvil and resolves when it listens.
 *
 * @throws {SandboxError} `anvil_not_found`, or `anvil_not_started` with anvil's own words.
 */
export async function startAnvil(options: AnvilOptions): Promise<AnvilProcess> {
  const binary = findAnvil()
  const watchdog = startWatchdog()
  const child = spawn(binary, toArguments(options), {
    // A Ctrl-C at the terminal is for the program, which may still need the chain to finish.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  killAtExit(child)
  const exited = new Promise<void>((resolve) => {
    const done = (): void => {
      running.delete(child)
      void watchdog.stop().then(resolve)
    }
    child.once('exit', done)
    child.once('error', done)
  })
  if (child.pid !== undefined) watchdog.guard(child.pid)
  const stop = async (): Promise<void> => {
    child.ref()
    child.kill('SIGKILL')
    await exited
  }
  try {
    const url = await waitUntilListening(child, options)
    letProcessEnd(child)
    return { url, pid: child.pid ?? -1, exited, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const running = new Set<ChildProcess>()
let isHooked = false

/** One listener for all sandboxes: Node warns about the eleventh. */
function killAtExit(child: ChildProcess): void {
  running.add(child)
  if (isHooked) return
  isHooked = true
  process.on('exit', () => {
    for (const each of running) each.kill('SIGKILL')
  })
}

function toArguments(options: AnvilOptions): readonly string[] {
  const { chainId, host, port, slotsInAnEpoch, anvilArgs } = options
  return [
    ['--chain-id', String(chainId)],
    ['--host', host],
    ['--port', String(port)],
    ['--slots-in-an-epoch', String(slotsInAnEpoch)],
    // The wallets are our own: anvil's published keys hold nothing here.
    ['--accounts', '0'],
    anvilArgs,
  ].flat()
}

async function waitUntilListening(child: ChildProcess, options: AnvilOptions): Promise<string> {
  let output = ''
  return await new Promise<string>((resolve, reject) => {
    const fail = (what: string, cause?: unknown): void => {
      clearTimeout(timer)
      const said = output.trim().split('\n').slice(-12).join('\n')
      const hint = /address already in use/i.test(output)
        ? `port ${options.port} of ${options.host} is taken: choose another, or 0 for a free one`
        : 'run it by hand to see why: npx @foundry-rs/anvil'
      reject(
        new SandboxError('anvil_not_started', `${what}; ${hint}${said && `\n${said}`}`, { cause }),
      )
    }
    const timer = setTimeout(
      () => fail(`anvil does not listen after ${options.startTimeoutMs} ms`),
      options.startTimeoutMs,
    )
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000)
      const listening = /Listening on (\S+)/.exec(output)
      if (!listening) return
      clearTimeout(timer)
      resolve(`http://${listening[1]?.replace(/^0\.0\.0\.0:/, '127.0.0.1:')}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => fail(`anvil cannot be run: ${error.message}`, error))
    child.once('close', (code, signal) => fail(`anvil ended with ${signal ?? `code ${code}`}`))
  })
}

/** A program that forgot to stop its sandbox ends all the same, and takes anvil with it. */
function letProcessEnd(child: ChildProcess): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.removeAllListeners('data')
    // Unread output would fill the pipe and stop anvil in the middle of a request.
    stream?.resume()
    ;(stream as { unref?: () => void } | null)?.unref?.()
  }
  child.unref()
}
