import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from '../readEnvironment.ts'

/** An engine that is there answers within a few of these. */
const PATIENCE_MS = 1_000

/**
 * Whether a Docker engine answers where one is expected. Without one this costs a look at the file
 * system, so that a machine without Docker loads and waits for nothing.
 */
export async function findEngine(): Promise<boolean> {
  const named = readEnvironment('DOCKER_HOST')
  if (named !== undefined && !named.startsWith('unix://')) return answers(new URL(named))
  const usual = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')]
  const sockets = named === undefined ? usual : [named.slice('unix://'.length)]
  for (const socketPath of sockets.filter((path) => existsSync(path)))
    if (await answers({ socketPath })) return true
  return false
}

function answers(where: URL | { readonly socketPath: string }): Promise<boolean> {
  const at = where instanceof URL ? { host: where.hostname, port: where.port } : where
  return new Promise((resolve) => {
    const asked = request({ ...at, path: '/_ping', timeout: PATIENCE_MS })
    asked.on('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('close', () => resolve(false))
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
