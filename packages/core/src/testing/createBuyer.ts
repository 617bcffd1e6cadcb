import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address, Hash, Hex } from '../challenge/hex.ts'
import { type ErrorCode, errorCodes } from '../errors/codes.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Delivered, Engine } from '../usecases/Engine.ts'
import { payerProofMessage } from '../usecases/payerProof.ts'
import type { TestWorld } from './createTestContext.ts'
import { fakeSignature } from './fakeHash.ts'
import { fakeAccounts, mintAuthorization } from './mint.ts'

/** What a buyer saw: a delivery, or the code of an error. */
export type Answer =
  | { readonly kind: 'delivered'; readonly delivered: Delivered }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly error: Key0Error }

/** A client with one account. Everything it is handed is noted in the world. */
export type Buyer = {
  readonly account: Address
  issue(engine: Engine, requestId?: string): Promise<ChallengeRecord>
  sign(challenge: ChallengeRecord, overrides?: Partial<SignedAuthorization>): SignedAuthorization
  pay(engine: Engine, challengeId: string, authorization: SignedAuthorization): Promise<Answer>
  /** Sends a plain transfer and returns its hash. */
  transfer(value: bigint): Hash
  prove(engine: Engine, challengeId: string, txHash: Hash, signature?: Hex): Promise<Answer>
}

export function createBuyer(world: TestWorld, account: Address = fakeAccounts.buyer): Buyer {
  const note = (delivered: Delivered): Answer => {
    const { challengeId } = delivered.challenge
    world.received.push({ challengeId, payer: account, grant: delivered.grant })
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
    transfer(value) {
      transfers += 1
      const call = { kind: 'transfer', from: account, to: fakeAccounts.seller, value } as const
      const { hash } = world.ledger.prepare([call], `${account}:${transfers}`)
      world.ledger.broadcast(hash)
      return hash
    },
    prove(engine, challengeId, txHash, signature) {
      const payerSignature =
        signature ?? fakeSignature(account, payerProofMessage(challengeId, txHash))
      return engine.submitProof({ challengeId, txHash, payerSignature }).then(note, refused)
    },
  }
}

function refused(error: unknown): Answer {
  if (!Key0Error.is(error)) throw error
  return { kind: 'refused', code: error.code, error }
}

/** The code a buyer saw, or `'DELIVERED'`. */
export function codeOf(answer: Answer): ErrorCode | 'DELIVERED' {
  return answer.kind === 'delivered' ? 'DELIVERED' : answer.code
}

/** Whether an answer makes a client's software sign a new payment. */
export function asksToSign(answer: Answer): boolean {
  return answer.kind === 'refused' && errorCodes[answer.code].retry === 'sign'
}
