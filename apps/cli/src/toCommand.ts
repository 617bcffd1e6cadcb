import { userInfo } from 'node:os'
import { describeError, type Question, resolveId, toJson } from '@key0/app-kit'
import { Key0Error, type Order } from '@key0/core'
import type { ArgsDef, CommandDef } from 'citty'
import { toConfig } from './config.ts'
import { currentEnv, readEnv } from './env.ts'
import { type Desk, openDesk } from './openDesk.ts'

/** What a command says: a text for people, data for machines. */
export type Output = {
  readonly text: string
  readonly data: unknown
  /** The worst of several refusals, when the command was not carried out in whole. */
  readonly failure?: Key0Error
}

export type Values = {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>
  readonly ids: readonly string[]
}

/** What stands behind a command and is no challenge. */
export type Argument = { readonly name: string; readonly description: string }

export type Action = {
  readonly description: string
  /** Whether it takes no challenge id, one, or several; or names of other things. */
  readonly ids: 'none' | 'one' | 'many' | readonly Argument[]
  readonly flags: ArgsDef
  readonly run: (desk: Desk, values: Values) => Promise<Output>
}

/** Flags of what is kept with a name and a reason. */
export const orderFlags: ArgsDef = {
  actor: { type: 'string', description: 'Who decides; default: the user of this machine' },
  reason: { type: 'string', description: 'Why, in one line; kept in the audit trail' },
}

export function readOrder({ flags }: Values): Order {
  const { actor, reason } = flags
  if (typeof reason !== 'string') throw malformed('--reason', 'must say why, in one line')
  return { actor: typeof actor === 'string' ? actor : userInfo().username, reason }
}

/** More than a person reads, less than a terminal takes for ever to print. */
const MOST = 99_999

/** The flags of a command, and what stands behind it by the names its action gives them. */
export function toQuestion(values: Values, args: readonly Argument[] = []): Question {
  const isArgument = (name: string): boolean => args.some((arg) => arg.name === name)
  return {
    read(name) {
      if (isArgument(name)) return values.ids[args.findIndex((arg) => arg.name === name)]
      const value = values.flags[name]
      return typeof value === 'string' ? value : undefined
    },
    fault: (name, expected) =>
      malformed(isArgument(name) ? name : `--${name}`, `must be ${expected}`),
    order: () => readOrder(values),
    most: MOST,
  }
}

export function malformed(field: string, expected: string): Key0Error {
  return new Key0Error('REQUEST_MALFORMED', { facts: { [field]: expected } })
}

/** Makes a command of an action: `--json`, unknown flags and errors are the same for all. */
export function toCommand(name: string, action: Action): CommandDef {
  const args: ArgsDef = {
    ...toPositionals(action.ids),
    ...action.flags,
    json: { type: 'boolean', description: 'Answer in JSON' },
  }
  return {
    meta: { name: `key0 ${name}`, description: action.description },
    args,
    run: async ({ args: given }) => {
      const isJson = given.json === true
      try {
        const values = readValues(given, args, action.ids)
        await using desk = await openDesk(toConfig(readEnv(currentEnv())))
        const isNamed = Array.isArray(action.ids)
        const ids = isNamed
          ? values.ids
          : await Promise.all(values.ids.map((id) => resolveId(desk.ctx, id)))
        const { text, data, failure } = await action.run(desk, { ...values, ids })
        process.stdout.write(`${isJson ? toJson(data) : text}\n`)
        if (failure) process.exitCode = exitCodeOf(failure)
      } catch (error) {
        tell(error, isJson)
      }
    },
  }
}

const MOST_IDS = { none: 0, one: 1, many: 1_000 } as const

function toPositionals(ids: Action['ids']): ArgsDef {
  if (ids === 'none') return {}
  const id = { name: 'id', description: 'The challenge’s id, or its digest' }
  const all: readonly Argument[] = typeof ids === 'string' ? [id] : ids
  return Object.fromEntries(
    all.map(({ name, description }) => [name, { type: 'positional', description, required: true }]),
  )
}

function readValues(
  given: Readonly<Record<string, unknown>> & { readonly _?: readonly string[] },
  args: ArgsDef,
  wanted: Action['ids'],
): Values {
  const toKebab = (name: string): string => name.replace(/[A-Z]/g, (it) => `-${it.toLowerCase()}`)
  const known = Object.keys(args)
  for (const name of Object.keys(given))
    if (name !== '_' && !known.includes(toKebab(name)))
      throw malformed(`--${toKebab(name)}`, 'is no option here: see --help')
  const ids = given._ ?? []
  const most = typeof wanted === 'string' ? MOST_IDS[wanted] : wanted.length
  if (ids.length > most) throw malformed(`"${ids[most]}"`, 'is an argument too many: see --help')
  const flags: Record<string, string | boolean | undefined> = {}
  for (const name of known) {
    const value = given[name]
    // What `--no-amount` means nobody knows; that the whole goes back is not it.
    if (typeof value === 'boolean' && args[name]?.type !== 'boolean')
      throw malformed(`--${name}`, 'takes a value: see --help')
    if (typeof value === 'string' || typeof value === 'boolean') flags[name] = value
  }
  return { flags, ids }
}

/** Errors go to the error stream, so that an answer is an answer. */
function tell(error: unknown, isJson: boolean): void {
  process.exitCode = exitCodeOf(error)
  const known = Key0Error.is(error)
  const code = known ? error.code : 'INTERNAL'
  // The text of a foreign error may hold a URL with a password.
  const message = known ? error.message : (describeError(error) ?? 'unknown')
  const facts = known ? error.facts : {}
  const summary = known ? error.summary : message
  const answer = isJson ? toJson({ error: { code, message: summary, facts } }) : undefined
  process.stderr.write(`${answer ?? `key0: ${code}: ${message}`}\n`)
}

/** 2: change the call or the environment. 3: refused for good. 4: may work later. 1: a bug. */
function exitCodeOf(error: unknown): number {
  if (!Key0Error.is(error)) return 1
  return { fix: 2, never: 3, sign: 3, later: 4 }[error.retry]
}
