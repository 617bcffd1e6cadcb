/** What a seller offers at a fixed price. `unitAmount` is written like `"$0.10"`. */
export type Plan = {
  readonly planId: string
  readonly unitAmount: string
  readonly description?: string
  /** JSON Schema of the request that buys it, for buyers' software. Default: its `planId` alone. */
  readonly inputSchema?: Readonly<Record<string, unknown>>
  /** JSON Schema of what it opens the way to, for buyers' software. */
  readonly outputSchema?: Readonly<Record<string, unknown>>
}
