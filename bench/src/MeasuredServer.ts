import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own, whose processor time can be asked for. */
export type MeasuredServer = AsyncDisposable & {
  readonly url: string
  /** Microseconds of processor time, all threads, since the last question; and memory in bytes. */
  readonly usage: () => Promise<Usage>
}

export type Usage = { readonly cpuUs: number; readonly rssBytes: number }

/** What such a server sends first, once it listens. */
export type Hello = { readonly url: string }

/** Where every server writes its processor profile when it ends; absent: none is taken. */
const profileDir = process.env.BENCH_PROFILE_DIR

const profileArgs = (dir: string): readonly string[] => ['--cpu-prof', `--cpu-prof-dir=${dir}`]

/**
 * Starts a program that ends with `serveMeasured`. Its settings travel as JSON in the first
 * argument. It ends with this process.
 */
export async function startServer(program: URL, settings: object): Promise<MeasuredServer> {
  // Named, not inherited: a `-e` of this process would make every child start children.
  const execArgv = ['--conditions=@key0/source', ...(profileDir ? profileArgs(profileDir) : [])]
  const child = fork(program, [JSON.stringify(settings)], { execArgv })
  const { url } = (await answerOf(child)) as Hello
  return {
    url,
    async usage() {
      const answer = answerOf(child)
      child.send('usage')
      return (await answer) as Usage
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.send('stop')
      await ended
    },
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a server ended: ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}
