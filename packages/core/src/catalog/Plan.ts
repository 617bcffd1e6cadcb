/** What a seller offers at a fixed price. `unitAmount` is written like `"$0.10"`. */
export type Plan = {
  readonly planId: string
  readonly unitAmount: string
  readonly description?: string
}
