/** One thing that selling needs. `warning`: it works, and somebody should look all the same. */
export type Check = {
  readonly status: 'ok' | 'warning' | 'failing'
  /** Of our own words only: safe to show to anybody. */
  readonly detail?: string
}

/** Whether the gateway can sell, and what keeps it from that. */
export type Readiness = {
  /** True unless something fails. */
  readonly ok: boolean
  readonly checks: {
    /** Challenges can be kept. */
    readonly store: Check
    /** The chain's nodes answer. */
    readonly chain: Check
    /** The wallet can receive the token, and return it. */
    readonly payee: Check
    /**
     * Every wallet that was paid holds what has to go back from it; less is a warning, because selling
     * goes on.
     */
    readonly floats: Check
    /** Payments can be brought to the chain. */
    readonly settlement: Check
    /** What was sold can be delivered; there only when `backendHealthUrl` is set. */
    readonly backend?: Check
  }
}
