/*
 * The one door of every npm script: `node scripts/bootstrap.mjs [--build=<package>] <command> ...`.
 *
 * It makes a bare machine ready (only Node 20 or later and npm are needed), then hands over to the
 * command on the Node version this repository pins. It is plain JavaScript without dependencies,
 * because it runs before anything is installed and on whatever Node the machine has.
 *
 * Whatever happens on the way goes to stderr: the command's stdout stays its own.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.key0-installed')
const pinnedNode = join(modules, 'node', 'bin', 'node')
const OLDEST_NODE = 20
/** From here on Node runs TypeScript itself; only used where the pinned Node cannot run. */
const OLDEST_NODE_WITH_TYPES = 24

/** What goes wrong on real machines, how it shows in the installer's output, and what to do. */
const KNOWN_FAILURES = [
  {
    signs: /ENOSPC|no space left/i,
    advice:
      'The disk is full. An installation needs about 1 GB; free some space and run this again.',
  },
  {
    signs: /OUTDATED_LOCKFILE|FROZEN_LOCKFILE|lockfile.*(?:up to date|out of sync)/i,
    advice: 'pnpm-lock.yaml does not match the package.json files. Run: npx -y PNPM install',
  },
  {
    signs: /CERT_|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|certificate/i,
    advice:
      'The TLS certificate of the package registry was refused. Behind a company proxy, point ' +
      'NODE_EXTRA_CA_CERTS to its CA certificate and run this again.',
  },
  {
    signs:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|network|error sending request/i,
    advice:
      'The package registry cannot be reached. Check the network; behind a proxy set HTTPS_PROXY, ' +
      'for another registry set npm_config_registry. Then run this again.',
  },
  {
    signs: /EACCES|EPERM|EROFS|permission denied/i,
    advice: `Files cannot be written. This user needs write access to ${root} and to its own home.`,
  },
]

class SetupError extends Error {}

/** Runs one process with our signals passed on; resolves to the exit code a shell would show. */
function run(command, args, { env, output } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env,
      stdio: output === undefined ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let forwardedAtMs = 0
    const forward = (signal) => {
      // A terminal sends Ctrl-C to the whole process group: the child already has it.
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      // npm repeats to us what the group was sent. Twice at once is not somebody insisting.
      if (Date.now() - forwardedAtMs < 250) return
      forwardedAtMs = Date.now()
      child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, forward)
    if (output !== undefined) {
      child.stdout.on('data', output)
      child.stderr.on('data', output)
    }
    child.on('error', reject)
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward)
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

function nodeMajor() {
  return Number.parseInt(process.versions.node, 10)
}

function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}

/** Everything that decides what an installation contains. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const name of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(join(root, name)))
  }
  return hash.digest('hex')
}

function isInstalled(stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
}

async function install(stamp) {
  const pnpm = manifest().packageManager
  process.stderr.write(`Installing dependencies with ${pnpm} (once, about half a minute) ...\n`)
  let log = ''
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only']
  const code = await run('npx', args, {
    // Without a network npm would otherwise be silent for more than a minute before it says so.
    env: {
      npm_config_fetch_retry_mintimeout: '1000',
      npm_config_fetch_retry_maxtimeout: '5000',
      ...process.env,
    },
    output: (chunk) => {
      process.stderr.write(chunk)
      log = (log + chunk).slice(-100_000)
    },
  })
  if (code > 128) process.exit(code)
  if (code !== 0) {
    const known = KNOWN_FAILURES.find(({ signs }) => signs.test(log))
    const advice = known ? known.advice.replace('PNPM', pnpm) : 'The lines above say why.'
    throw new SetupError(`The installation failed (exit code ${code}). ${advice}`)
  }
  mkdirSync(modules, { recursive: true })
  writeFileSync(stampFile, stamp)
}

/** The pinned Node, or this one where no build of the pinned one exists for the platform. */
function nodeBinary() {
  if (existsSync(pinnedNode)) return pinnedNode
  if (nodeMajor() >= OLDEST_NODE_WITH_TYPES) return process.execPath
  throw new SetupError(
    `The pinned Node is missing (${pinnedNode}) and Node ${process.versions.node} cannot run ` +
      'TypeScript. Delete node_modules and run this again, or install Node 24.',
  )
}

function environment(node) {
  const path = [join(node, '..'), join(modules, '.bin'), process.env.PATH]
  return {
    ...process.env,
    PATH: path.join(delimiter),
    npm_node_execpath: node,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
}

async function main(argv) {
  if (nodeMajor() < OLDEST_NODE) {
    throw new SetupError(
      `Node ${process.versions.node} is too old. Install Node ${OLDEST_NODE} or later ` +
        '(24 is best) and run this again.',
    )
  }
  const stamp = fingerprint()
  if (!isInstalled(stamp)) await install(stamp)
  const node = nodeBinary()
  const env = environment(node)
  const build = argv[0]?.startsWith('--build=') ? argv[0].slice('--build='.length) : undefined
  if (build !== undefined) {
    const log = (chunk) => process.stderr.write(chunk)
    const args = ['run', 'build', `--filter=${build}`, '--output-logs=errors-only']
    const code = await run(join(modules, '.bin', 'turbo'), args, { env, output: log })
    if (code !== 0) throw new SetupError(`The build of ${build} failed (exit code ${code}).`)
  }
  const [command, ...args] = build === undefined ? argv : argv.slice(1)
  if (command === undefined) return
  process.exitCode = await run(command === 'node' ? node : command, args, { env })
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`\n${error instanceof SetupError ? error.message : error.stack}\n`)
  process.exitCode = 1
})
