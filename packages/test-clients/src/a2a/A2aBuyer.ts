/** A task, in the words that both generations' clients have in common. */
export type SeenTask = {
  readonly id: string
  readonly contextId: string
  /** As 0.3 writes it, such as `input-required`. */
  readonly state: string
  readonly text: string
  readonly metadata: Readonly<Record<string, unknown>> & {
    /** An x402 challenge. */
    readonly 'x402.payment.required'?: Readonly<Record<string, unknown>>
    /** What became of payments, the newest last. */
    readonly 'x402.payment.receipts'?: readonly Readonly<Record<string, unknown>>[]
  }
  /** What the parts of its artifact hold, if it has one. */
  readonly goods: readonly SeenPart[]
  /** The first of them, where it is a grant. */
  readonly grant: { readonly accessToken: string; readonly challengeId: string } | undefined
}

/** Data, or the bytes of a file in base64. */
export type SeenPart =
  | { readonly data: Readonly<Record<string, unknown>> }
  | { readonly bytes: string; readonly mediaType: string }

export type A2aDraft = {
  readonly taskId?: string
  readonly contextId?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly text?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A client that we did not write, behind one face. */
export type A2aBuyer = {
  readonly send: (draft: A2aDraft) => Promise<SeenTask>
  readonly get: (id: string) => Promise<SeenTask>
  readonly cancel: (id: string) => Promise<SeenTask>
}

/** Makes a client of the agent whose card is below `url`. */
export type CreateA2aBuyer = (url: string, fetchImpl?: typeof fetch) => Promise<A2aBuyer>
