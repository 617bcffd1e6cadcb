import { runProgram } from '@key0/app-kit'
import { banner } from './banner.ts'
import { start } from './compose.ts'
import { toConfig } from './config.ts'
import { currentEnv, readEnv } from './env.ts'

/** Runs the worker until it is asked to end. */
export async function run(): Promise<void> {
  await runProgram({
    configure: () => toConfig(readEnv(currentEnv())),
    start,
    greet: banner,
    farewell: 'stopping: no new pass, the running one finishes',
  })
}
