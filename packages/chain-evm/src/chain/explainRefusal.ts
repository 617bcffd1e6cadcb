import type { Address, SignedAuthorization, Verification } from '@key0/core'
import { isRevert } from '../rpc/RpcError.ts'
import { readView } from '../token/callToken.ts'
import { readSignature } from '../token/signature.ts'
import { hashAuthorization } from '../token/transferAuthorization.ts'
import type { Context } from './Context.ts'

/** Finds out why the token refused, by asking it; its own words come last and decide nothing. */
export async function explainRefusal(
  context: Context,
  authorization: SignedAuthorization,
  reverted: string,
): Promise<Verification> {
  const { row, token } = context
  const { from, to, signature } = authorization
  const switches = await readSwitches(context, from, to)
  if (switches.paused) {
    return { kind: 'invalid', code: 'TOKEN_PAUSED', facts: { token: token.address } }
  }
  const blocked = switches.fromBlocked ? from : switches.toBlocked ? to : undefined
  if (blocked) return { kind: 'invalid', code: 'PAYER_BLOCKED', facts: { account: blocked } }
  const digest = hashAuthorization(row.id, token, authorization)
  const reading = await readSignature(from, digest, signature)
  const reason = quote(reverted)
  // The key did not sign, and the contract at this address has just been asked.
  if (reading.kind === 'other' && /signature/i.test(reverted)) {
    return { kind: 'invalid', code: 'SIGNATURE_INVALID', facts: { payer: from, reason } }
  }
  return { kind: 'invalid', code: 'SIMULATION_FAILED', facts: { reason } }
}

/** The issuer's switches. A token that has none answers false. */
export async function readSwitches(
  { rpc, token }: Pick<Context, 'rpc' | 'token'>,
  from: Address,
  to: Address,
): Promise<{
  readonly paused: boolean
  readonly fromBlocked: boolean
  readonly toBlocked: boolean
}> {
  const [paused, fromBlocked, toBlocked] = await Promise.all([
    orFalse(readView(rpc, token.address, 'paused', [])),
    orFalse(readView(rpc, token.address, 'isBlacklisted', [from])),
    orFalse(readView(rpc, token.address, 'isBlacklisted', [to])),
  ])
  return { paused, fromBlocked, toBlocked }
}

async function orFalse(reading: Promise<boolean>): Promise<boolean> {
  try {
    return await reading
  } catch (error) {
    if (isRevert(error)) return false
    throw error
  }
}

/** A payer's contract may choose these words: nothing but plain characters, and few. */
function quote(reverted: string): string {
  return reverted.replace(/[^\x20-\x7e]/g, ' ').slice(0, 120)
}
