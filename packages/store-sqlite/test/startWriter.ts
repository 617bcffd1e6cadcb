import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const script = new URL('writer.ts', import.meta.url).pathname

function start(path: string, name: string, count: number): ChildProcess {
  const flags = ['--conditions=@key0/source', '--disable-warning=ExperimentalWarning']
  return spawn(process.execPath, [...flags, script, path, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function linesOf({ stdout }: ChildProcess): AsyncIterable<string> {
  if (!stdout) throw new Error('The writer has no output.')
  return createInterface({ input: stdout })
}

/** Runs a writer until it is done; what it said. */
export async function runWriter(
  path: string,
  name: string,
  count: number,
): Promise<readonly string[]> {
  const child = start(path, name, count)
  const ended = once(child, 'exit')
  const said: string[] = []
  for await (const line of linesOf(child)) said.push(line)
  const [code] = await ended
  if (code !== 0) throw new Error(`The writer ended with ${code}.`)
  return said
}

/** Kills a writer without any warning once it has said so many lines; what it said. */
export async function killWriter(
  path: string,
  name: string,
  lines: number,
): Promise<readonly string[]> {
  const child = start(path, name, 0)
  const ended = once(child, 'exit')
  const said: string[] = []
  for await (const line of linesOf(child)) {
    said.push(line)
    if (said.length === lines) child.kill('SIGKILL')
  }
  const [, signal] = await ended
  if (signal !== 'SIGKILL') throw new Error('The writer ended by itself.')
  return said
}
