/** The stable codes of {@link SandboxError}. */
export type SandboxErrorCode =
  | 'agent_refused'
  | 'anvil_not_found'
  | 'anvil_not_started'
  | 'bad_option'
  | 'call_timeout'
  | 'not_a_sandbox'
  | 'reorg_too_deep'
  | 'snapshot_unknown'
  | 'transaction_reverted'
  | 'transaction_timeout'
  | 'usdc_misplaced'
  | 'usdc_unknown'

/** What the sandbox throws. `code` is stable; `message` says what to do and may change. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
