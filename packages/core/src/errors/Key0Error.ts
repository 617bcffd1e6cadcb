import { type ErrorCode, errorEntries, type Retry } from './codes.ts'

/**
 * A failure with a stable code. `facts` are safe to show to whoever asked; secrets and raw
 * upstream text belong in `cause`, which never leaves the process.
 */
export class Key0Error<code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'Key0Error'
  readonly code: code
  readonly facts: Readonly<Record<string, string>>

  constructor(code: code, options: Key0ErrorOptions = {}) {
    const { cause, facts = {} } = options
    const lines = Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`)
    super([errorEntries[code].summary, ...lines].join('\n'), cause === undefined ? {} : { cause })
    this.code = code
    this.facts = facts
  }

  /** What the caller should do about it. */
  get retry(): Retry {
    return errorEntries[this.code].retry
  }

  /** The code's one-sentence meaning, without the facts. */
  get summary(): string {
    return errorEntries[this.code].summary
  }

  /** Works across duplicate copies of this package, where `instanceof` does not. */
  static is<code extends ErrorCode>(value: unknown, code?: code): value is Key0Error<code> {
    const known = value instanceof Error && value.name === 'Key0Error' && 'code' in value
    return known && (code === undefined || value.code === code)
  }
}

export type Key0ErrorOptions = {
  readonly cause?: unknown
  readonly facts?: Readonly<Record<string, string>>
}
