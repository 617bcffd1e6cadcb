import type { EvmChain } from '@key0/chain-evm'
import type { AccessGrant, Address, Engine, Hash, Hex, Recovered } from '@key0/core'
import type { HttpHandler } from '@key0/http'
import type { Readiness } from './Readiness.ts'

/** What a buyer is asked for. */
export type X402Challenge = {
  readonly challengeId: string
  readonly requestId: string
  readonly planId: string
  readonly resourceId: string
  /** As written, such as `"$0.10"`. */
  readonly amount: string
  /** In the asset's smallest unit. */
  readonly amountRaw: bigint
  readonly asset: string
  readonly token: Address
  readonly chainId: number
  /** The seller's wallet. */
  readonly destination: Address
  readonly expiresAt: Date
}

export type AccessCall = {
  readonly planId: string
  readonly requestId?: string
  readonly resourceId?: string
  /** Default `"x402-http"` for `requestHttpAccess`. */
  readonly clientAgentId?: string
}

/** What a presented payment became on chain. */
export type Settled = {
  readonly challengeId: string
  readonly requestId: string
  readonly txHash: Hash
  readonly payer: Address
}

/** The gateway, embedded. `handler` serves it over HTTP; the rest is for code of your own. */
export type Key0 = {
  readonly engine: Engine
  readonly chain: EvmChain
  /** `(Request) => Promise<Response>` for everything that is sold here, by every protocol. */
  readonly handler: HttpHandler

  /** Puts a price on an agent's request. `clientAgentId` scopes its request ids. */
  requestAccess(call: AccessCall & { readonly clientAgentId: string }): Promise<X402Challenge>
  /** The same for plain HTTP, where nobody knows who asks: `clientAgentId` is `"x402-http"`. */
  requestHttpAccess(call: Omit<AccessCall, 'clientAgentId'>): Promise<X402Challenge>
  /** Accepts a transfer that the buyer made itself, and delivers. */
  submitProof(proof: {
    readonly challengeId: string
    readonly txHash: Hash
    readonly payerSignature?: Hex
  }): Promise<AccessGrant>
  /**
   * Settles an x402 payment, as the header's text or its decoded object, by gas wallet or
   * facilitator: PENDING -> PAID on the chain's evidence. Delivers nothing. `requestId` finds the
   * challenge of a payment that does not name it, as one for a repeated request does not.
   */
  settlePayment(payment: string | object, of?: { readonly requestId?: string }): Promise<Settled>
  /**
   * Delivers what `settlePayment` settled. For code of this process that knows the payer: its
   * result must only go to the client that presented the payment.
   *
   * @throws CHALLENGE_UNKNOWN, REQUEST_CONFLICT when somebody else paid, and as `Engine.pay`.
   */
  processHttpPayment(paid: {
    readonly requestId: string
    readonly payer: Address
  }): Promise<AccessGrant>
  /** Cancels an unpaid challenge. */
  cancelChallenge(challengeId: string): Promise<void>

  /** One pass over everything a crash or an outage left open. Run it every few seconds. */
  recover(): Promise<Recovered>
  /** Asks what selling needs: store, chain, wallet, settlement, backend. Never throws. */
  checkReadiness(): Promise<Readiness>
  /** What `checkReadiness` found when this was opened. */
  readonly readiness: Readiness
  /** Sentences for the seller, worth saying at every start. */
  readonly warnings: readonly string[]
  /** Stops watching the chain. The store stays open: it is yours. */
  close(): void
}
