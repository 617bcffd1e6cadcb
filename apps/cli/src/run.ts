import { type CommandDef, runMain } from 'citty'
import { orderActions } from './commands/orders.ts'
import { queueActions } from './commands/queue.ts'
import { recoverAction } from './commands/recover.ts'
import { refundAction } from './commands/refund.ts'
import { stateActions } from './commands/state.ts'
import { toCommand } from './toCommand.ts'

const actions = {
  ...queueActions,
  ...orderActions,
  refund: refundAction,
  ...stateActions,
  recover: recoverAction,
}

const main: CommandDef = {
  meta: {
    name: 'key0',
    description: 'Look after money that is owed, held or on its way back',
  },
  subCommands: Object.fromEntries(
    Object.entries(actions).map(([name, action]) => [name, toCommand(name, action)]),
  ),
}

/** Runs the command that the arguments name. */
export async function run(rawArgs: string[]): Promise<void> {
  await runMain(main, { rawArgs })
}
