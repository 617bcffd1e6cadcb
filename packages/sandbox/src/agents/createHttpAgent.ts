import { type AgentOptions, type Bought, insist, type Offer, payFor, refused } from './payment.ts'

/** A buyer that speaks x402 version 2 over plain HTTP. */
export type HttpAgent = {
  /**
   * Posts to a path that answers 402, pays what it asks, and posts again until it knows how that
   * ended. It signs once.
   *
   * @throws {SandboxError} `agent_refused` when nothing was bought, with what the shop said.
   */
  readonly buy: (path: string, body: Readonly<Record<string, unknown>>) => Promise<Bought>
}

/** A sample agent. `url` is the shop's, such as `http://127.0.0.1:3000`. */
export function createHttpAgent(options: AgentOptions): HttpAgent {
  return {
    async buy(path, body) {
      const post = async (payment?: object): Promise<Response> =>
        fetch(new URL(path, options.url), {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(payment && { 'payment-signature': toBase64(payment) }),
          },
          body: JSON.stringify(body),
        })
      const asked = await post()
      const challenge = fromBase64(asked.headers.get('payment-required'))
      const accepts = challenge.accepts as readonly Offer[] | undefined
      const payment = await payFor(accepts, options, { status: asked.status, ...challenge })
      const paid = await insist(
        () => post(payment),
        ({ status, headers }) =>
          status === 503 ? Number(headers.get('retry-after') ?? 1) : undefined,
      )
      const content = (await paid.json()) as Bought['content']
      if (!paid.ok) throw refused(content)
      return { content, settlement: fromBase64(paid.headers.get('payment-response')) }
    },
  }
}

function toBase64(message: object): string {
  return Buffer.from(JSON.stringify(message)).toString('base64')
}

function fromBase64(header: string | null): Readonly<Record<string, unknown>> {
  return header === null ? {} : JSON.parse(Buffer.from(header, 'base64').toString('utf8'))
}
