import { type CommandDef, runMain } from 'citty'
import { deliveryActions } from './commands/deliveries.ts'
import { orderActions } from './commands/orders.ts'
import { queueActions } from './commands/queue.ts'
import { recoverAction } from './commands/recover.ts'
import { refundAction } from './commands/refund.ts'
import { stateActions } from './commands/state.ts'
import { type Action, toCommand } from './toCommand.ts'

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
  subCommands: {
    ...toCommands(actions),
    deliveries: {
      meta: { name: 'key0 deliveries', description: 'Look after what others are told of payments' },
      subCommands: toCommands(deliveryActions, 'deliveries '),
    },
  },
}

function toCommands(
  named: Readonly<Record<string, Action>>,
  under = '',
): Record<string, CommandDef> {
  return Object.fromEntries(
    Object.entries(named).map(([name, action]) => [name, toCommand(`${under}${name}`, action)]),
  )
}

/** Runs the command that the arguments name. */
export async function run(rawArgs: string[]): Promise<void> {
  await runMain(main, { rawArgs })
}
