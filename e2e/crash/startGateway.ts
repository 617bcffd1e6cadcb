import { fileURLToPath } from 'node:url'
import { type SpawnedProgram, spawnProgram, untilUp } from '@key0/test-services'

export type Env = Readonly<Record<string, string>>

const program = fileURLToPath(new URL('../../apps/standalone/src/main.ts', import.meta.url))

/** Spawns the gateway without waiting for anything. */
export function spawnGateway(env: Env): SpawnedProgram {
  return spawnProgram(program, env)
}

let warmed: Promise<unknown> | undefined

/**
 * One run that ends by itself leaves its compiled modules behind; one that is killed does not.
 * This halves what every later start costs.
 */
async function warmUp(): Promise<void> {
  warmed ??= spawnGateway({}).exited
  await warmed
}

/** Spawns the gateway and waits for its banner: then it listens. */
export async function startGateway(env: Env): Promise<SpawnedProgram> {
  await warmUp()
  return await untilUp(spawnGateway(env))
}
