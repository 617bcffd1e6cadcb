#!/usr/bin/env node
import { type CommandDef, runMain } from 'citty'
import { controlActions } from './commands/controlActions.ts'
import { startAction } from './commands/startAction.ts'
import { toCommand } from './commands/toCommand.ts'

const actions = { start: startAction, ...controlActions }

const main: CommandDef = {
  meta: {
    name: 'key0-sandbox',
    description: 'A local chain with the real USDC contract, funded wallets and faults on demand',
  },
  subCommands: Object.fromEntries(
    Object.entries(actions).map(([name, action]) => [name, toCommand(name, action)]),
  ),
}

await runMain(main)
