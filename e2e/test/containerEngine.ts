import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { createServer, isIP } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execFilePromise = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What the Dockerfiles and the compose file begin from. */
const images = [
  'node:24-bookworm-slim',
  'debian:bookworm-slim',
  'redis:7-alpine',
  'postgres:16-alpine',
] as const

/** A Docker engine with what it takes to build and to compose. */
export type Engine = {
  /** Runs a command of the Docker CLI and gives what it printed. */
  readonly docker: (...args: readonly string[]) => Promise<string>
  /** What a container printed, on both of its streams. */
  readonly logs: (container: string) => Promise<string>
  readonly compose: (args: readonly string[]) => Promise<string>
  /** The command, for what has to be streamed. */
  readonly command: string
  /** An address of this machine, and the name by which containers reach it. */
  readonly host: { readonly listen: string; readonly name: string }
}

/** @returns the engine, or as a sentence why containers cannot be tested here */
export async function findEngine(): Promise<Engine | string> {
  const command = await findCommand()
  if (command === undefined) return 'no Docker CLI with BuildKit is installed'
  const docker: Engine['docker'] = (...args) => run(command, args)
  if (!(await works(command, ['version']))) return 'no Docker engine answers'
  const compose = (await works(command, ['compose', 'version']))
    ? { command, prefix: ['compose'] }
    : { command: 'docker-compose', prefix: [] }
  if (!(await works(compose.command, [...compose.prefix, 'version'])))
    return 'Docker Compose is not installed'
  for (const image of images)
    if (!(await works(command, ['image', 'inspect', image])))
      if (!(await works(command, ['pull', image]))) return `the image ${image} is not to be had`
  return {
    docker,
    logs: (container) => run('sh', ['-c', 'exec "$0" logs "$1" 2>&1', command, container]),
    compose: (args) => run(compose.command, [...compose.prefix, ...args]),
    command,
    host: await findHost(docker),
  }
}

/** A newer CLI without its build plugin is of no use, and an older one may be beside it. */
async function findCommand(): Promise<string | undefined> {
  for (const command of ['docker', '/usr/bin/docker']) {
    const help = await run(command, ['build', '--help']).catch(() => '')
    if (help.includes('--secret')) return command
  }
  return undefined
}

/** On Linux the bridge's address is this machine's own; elsewhere there is a name for it. */
async function findHost(docker: Engine['docker']): Promise<Engine['host']> {
  const format = '{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}'
  const told = (await docker('network', 'inspect', 'bridge', '--format', format)).trim().split(' ')
  // An engine that was just installed names no gateway: it is the first address of the subnet.
  const addresses = told.map((each) => each.replace(/\.0\/\d+$/, '.1'))
  // Tried out, because a bridge that nothing is attached to is in no list of interfaces.
  for (const address of addresses)
    if (await mayListen(address)) return { listen: address, name: address }
  return { listen: '127.0.0.1', name: 'host.docker.internal' }
}

async function mayListen(address: string): Promise<boolean> {
  if (!isIP(address)) return false
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(0, address, () => server.close(() => resolve(true)))
  })
}

/** The files of the repository as git knows them, in a folder of their own. */
export async function copyRepository(to: string): Promise<void> {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z']
  for (const file of (await run('git', ['-C', repository, ...args])).split('\0'))
    if (file !== '' && existsSync(join(repository, file))) {
      mkdirSync(dirname(join(to, file)), { recursive: true })
      cpSync(join(repository, file), join(to, file))
    }
}

/** Where npm is told how to reach its registry, if this machine has such a file. */
export function findNpmrc(): string | undefined {
  const file = join(homedir(), '.npmrc')
  return existsSync(file) ? file : undefined
}

/** Whether any layer of the image, as it is shipped, holds the text. */
export async function shipsText(engine: Engine, image: string, text: string): Promise<boolean> {
  // Layers may be compressed: tar and zcat read each as it is.
  const script =
    'd=$(mktemp -d) && trap "rm -rf $d" EXIT && "$0" save "$1" | tar -x -C "$d" && ' +
    'find "$d" -type f -exec sh -c \'zcat -f "$1" | grep -aqF "$2" && echo found\' _ {} "$2" \\;'
  const child = spawn('sh', ['-c', script, engine.command, image, text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let isFound = false
  createInterface(child.stdout).on('line', () => {
    isFound = true
  })
  const [code] = await once(child, 'close')
  // `find` passes on nothing of what grep did not find; only a broken pipeline fails.
  if (code !== 0) throw new Error(`The layers of ${image} could not be read (${code})`)
  return isFound
}

async function works(command: string, args: readonly string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  )
}

/** What it printed on stdout; when it fails, what it said is in the error. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }
  const { stdout } = await execFilePromise(command, [...args], { env, maxBuffer: 64_000_000 })
  return stdout
}
