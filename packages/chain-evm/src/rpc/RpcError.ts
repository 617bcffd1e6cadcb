/** A node's own refusal of one call: it was asked, and it said no. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  /** Revert data, when the node sent any. */
  readonly data: string | undefined

  constructor(code: number, message: string, data?: unknown) {
    super(scrub(message))
    this.code = code
    this.data = typeof data === 'string' ? data : undefined
  }
}

/** A node that could not be asked: no connection, a timeout, or an answer that is none. */
export class RpcUnreachable extends Error {
  override readonly name = 'RpcUnreachable'
  /** It had its time. Asking again at once would only take as long. */
  readonly timedOut: boolean

  constructor(message: string, timedOut = false) {
    super(message)
    this.timedOut = timedOut
  }
}

/**
 * A node whose answers do not fit together, or do not reach as far as was asked: it lags, or the
 * chain was reorganised while it was read. Asked again, it may answer well.
 */
export class RpcInconsistent extends RpcError {
  constructor(message: string) {
    super(-32_001, message)
  }
}

/** Whether the node ran the call and the contract refused it, which every node would repeat. */
export function isRevert(error: unknown): error is RpcError {
  if (!(error instanceof RpcError)) return false
  return error.code === 3 || halted.test(error.message)
}

// What geth, reth and anvil say when execution ended badly: a verdict, like a revert.
const halted =
  /revert|out ?of ?gas|gas required exceeds|invalid ?(fe ?)?opcode|opcode ?not ?found|invalid ?jump|stack ?(under|over)flow/i

/** URLs carry access keys. Node texts that repeat one lose it, and keep a readable length. */
export function scrub(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '[url]').slice(0, 300)
}
