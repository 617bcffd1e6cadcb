import { isPriced } from '../catalog/Route.ts'
import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address, Hash, Hex } from '../challenge/hex.ts'
import type { Resource } from '../challenge/Resource.ts'
import { type ErrorCode, errorCodes } from '../errors/codes.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Delivered, DeliveredResource, Engine } from '../usecases/Engine.ts'
import { payerProofMessage } from '../usecases/payerProof.ts'
import type { TestProcess, TestWorld } from './createTestContext.ts'
import { fakeSignature } from './fakeHash.ts'
import { fakeAccounts, mintAuthorization } from './mint.ts'

/** What a buyer saw: a delivery, or the code of an error. */
export type Answer =
  | { readonly kind: 'delivered'; readonly delivered: Delivered }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly error: Key0Error }

/** What the buyer of a single request saw. */
export type ResourceAnswer =
  | { readonly kind: 'delivered'; readonly delivered: DeliveredResource }
  | Extract<Answer, { readonly kind: 'refused' }>

/** A client with one account. Everything it is handed is noted in the world. */
export type Buyer = {
  readonly account: Address
  issue(engine: Engine, requestId?: string): Promise<ChallengeRecord>
  sign(challenge: ChallengeRecord, overrides?: Partial<SignedAuthorization>): SignedAuthorization
  pay(engine: Engine, challengeId: string, authorization: SignedAuthorization): Promise<Answer>
  /** Asks for the price of a single request. */
  ask(
    process: Pick<TestProcess, 'engine'>,
    resource: Resource,
    requestId?: string,
  ): Promise<ChallengeRecord>
  /** Pays for a single request, and is answered by the backend. */
  payFor(
    process: Pick<TestProcess, 'engine' | 'backend'>,
    challenge: ChallengeRecord,
    authorization: SignedAuthorization,
    resource: Resource,
  ): Promise<ResourceAnswer>
  /** Presents a transfer for a single request. */
  proveFor(
    process: Pick<TestProcess, 'engine' | 'backend'>,
    challenge: ChallengeRecord,
    txHash: Hash,
    resource: Resource,
  ): Promise<ResourceAnswer>
  /** Sends a plain transfer and returns its hash. */
  transfer(value: bigint): Hash
  prove(engine: Engine, challengeId: string, txHash: Hash, signature?: Hex): Promise<Answer>
}

export function createBuyer(world: TestWorld, account: Address = fakeAccounts.buyer): Buyer {
  const note = (delivered: Delivered): Answer => {
    const { challengeId } = delivered.challenge
    world.received.push({ challengeId, payer: account, goods: delivered.grant })
    return { kind: 'delivered', delivered }
  }
  const noteResponse = (delivered: DeliveredResource): ResourceAnswer => {
    const { challengeId } = delivered.challenge
    world.received.push({ challengeId, payer: account, goods: delivered.response })
    return { kind: 'delivered', delivered }
  }
  let transfers = 0
  return {
    account,
    issue: (engine, requestId) =>
      engine.issue({
        planId: 'basic',
        clientAgentId: 'x402-http',
        ...(requestId !== undefined && { requestId }),
      }),
    sign: (challenge, overrides = {}) =>
      mintAuthorization(challenge, { nowMs: world.clock.nowMs(), from: account, ...overrides }),
    pay: (engine, challengeId, authorization) =>
      engine.pay({ challengeId, authorization, request: {} }).then(note, refused),
    async ask({ engine }, resource, requestId) {
      const match = engine.catalog.match(resource.method, resource.path)
      invariant(match.kind === 'found' && isPriced(match.route), 'the request has a price')
      const offered = await engine.offerResource({
        route: match.route,
        resource,
        clientAgentId: 'x402-http',
        ...(requestId !== undefined && { requestId }),
      })
      return offered.challenge
    },
    payFor: ({ engine, backend }, { challengeId }, authorization, resource) =>
      engine
        .payResource({ challengeId, authorization, request: { resource } }, backend)
        .then(noteResponse, refused),
    transfer(value) {
      transfers += 1
      const call = { kind: 'transfer', from: account, to: fakeAccounts.seller, value } as const
      const { hash } = world.ledger.prepare([call], `${account}:${transfers}`)
      world.ledger.broadcast(hash)
      return hash
    },
    proveFor({ engine, backend }, { challengeId, planId }, txHash, resource) {
      const payerSignature = fakeSignature(account, payerProofMessage(challengeId, txHash))
      return engine
        .proveResource(
          { challengeId, txHash, payerSignature, request: { planId, resource } },
          backend,
        )
        .then(noteResponse, refused)
    },
    prove(engine, challengeId, txHash, signature) {
      const payerSignature =
        signature ?? fakeSignature(account, payerProofMessage(challengeId, txHash))
      return engine.submitProof({ challengeId, txHash, payerSignature }).then(note, refused)
    },
  }
}

function refused(error: unknown): Extract<Answer, { readonly kind: 'refused' }> {
  if (!Key0Error.is(error)) throw error
  return { kind: 'refused', code: error.code, error }
}

/** The code a buyer saw, or `'DELIVERED'`. */
export function codeOf(answer: Answer | ResourceAnswer): ErrorCode | 'DELIVERED' {
  return answer.kind === 'delivered' ? 'DELIVERED' : answer.code
}

/** Whether an answer makes a client's software sign a new payment. */
export function asksToSign(answer: Answer | ResourceAnswer): boolean {
  return answer.kind === 'refused' && errorCodes[answer.code].retry === 'sign'
}
