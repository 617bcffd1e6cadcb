/**
 * What the buyer of a request receives. Stored before its first byte is sent, and sent again when
 * the same payment is presented again.
 */
export type StoredResponse = {
  readonly status: number
  /** In their order, as the seller's backend wrote them; none of ours is among them. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The whole body in base64; absent for a stream, which is passed on as it comes and not kept. */
  readonly body?: string
}
