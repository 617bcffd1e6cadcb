import type { ArgsDef, CommandDef } from 'citty'
import { SandboxError } from '../SandboxError.ts'
import { toJson } from './values.ts'

/** What a command says: a text for people, data for machines. */
export type Output = { readonly text: string; readonly data: unknown }

export type Flag = { readonly description: string; readonly default?: string }

export type Action = {
  readonly description: string
  /** Positional arguments in order. */
  readonly takes?: Readonly<Record<string, Flag>>
  readonly flags?: Readonly<Record<string, Flag>>
  /** An absent optional argument is an empty string. */
  readonly run: (args: Readonly<Record<string, string>>) => Promise<Output>
}

/** Makes a command of an action: `--json`, unknown flags and errors are the same for all. */
export function toCommand(name: string, action: Action): CommandDef {
  const args: ArgsDef = {}
  for (const [key, { description, default: value }] of Object.entries(action.takes ?? {})) {
    const optional = value === undefined ? {} : { default: value }
    args[key] = { type: 'positional', description, required: value === undefined, ...optional }
  }
  for (const [key, { description, default: value }] of Object.entries(action.flags ?? {})) {
    args[key] = { type: 'string', description, ...(value !== undefined && { default: value }) }
  }
  args.json = { type: 'boolean', description: 'Answer in JSON', default: false }
  return {
    meta: { name, description: action.description },
    args,
    run: async (context) => {
      try {
        refuseUnknown(context.args, args)
        const values: Record<string, string> = {}
        for (const key of Object.keys(args)) values[key] = String(context.args[key] ?? '')
        const { text, data } = await action.run(values)
        process.stdout.write(`${context.args.json === true ? toJson(data) : text}\n`)
      } catch (error) {
        const code = error instanceof SandboxError ? ` (${error.code})` : ''
        const message = error instanceof Error ? error.message : String(error)
        process.stderr.write(`key0-sandbox: ${message}${code}\n`)
        process.exitCode = 1
      }
    },
  }
}

function refuseUnknown(given: Readonly<Record<string, unknown>>, args: ArgsDef): void {
  const toKebab = (name: string): string => name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`)
  const known = new Set(['_', ...Object.keys(args)])
  for (const name of Object.keys(given)) {
    if (!known.has(name) && !known.has(toKebab(name))) {
      throw new SandboxError('bad_option', `there is no option --${name}: see --help`)
    }
  }
  const count = Object.values(args).filter(({ type }) => type === 'positional').length
  const extra = (given._ as readonly string[])[count]
  if (extra !== undefined) {
    throw new SandboxError('bad_option', `"${extra}" is an argument too many: see --help`)
  }
}
