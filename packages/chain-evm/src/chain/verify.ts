import type { Hex, Offer, SignedAuthorization, Verification } from '@key0/core'
import { numberToHex, zeroAddress } from 'viem'
import type { TokenRow } from '../chains/ChainRow.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { readHasCode, readView } from '../token/callToken.ts'
import { carrierGas } from '../token/carrierGas.ts'
import { readSignature } from '../token/signature.ts'
import { encodeTransfer, hashAuthorization } from '../token/transferAuthorization.ts'
import type { Context } from './Context.ts'
import { checkTerms, checkWindow, type Objection } from './checkTerms.ts'
import { explainRefusal } from './explainRefusal.ts'

/**
 * Would this authorization pay this offer now? Free checks first; then, for a payment in order,
 * one batched round trip. Only what fails costs further questions.
 */
export async function verify(
  context: Context,
  offer: Offer,
  authorization: SignedAuthorization,
): Promise<Verification> {
  const { blocks, clock, token } = context
  if (token.transferMethod === 'transfer') return toNoRail(token)
  const nowAt = (time: bigint): bigint => {
    const wall = BigInt(Math.floor(clock.nowMs() / 1000))
    return wall > time ? wall : time
  }
  const objection =
    checkTerms(context, offer, authorization) ??
    checkWindow(offer, authorization, nowAt(blocks.last().time))
  if (objection) return objection
  try {
    const signed = await checkSignature(context, authorization)
    if ('code' in signed) return signed
    const verification = await askChain(context, signed)
    if (verification.kind !== 'valid') return verification
    return checkWindow(offer, authorization, nowAt(verification.head.time)) ?? verification
  } catch (cause) {
    return { kind: 'unreachable', cause }
  }
}

/** A token without authorizations executes none, whatever its holder signed. */
function toNoRail({ symbol }: TokenRow): Objection {
  const expected = 'a transfer of your own, presented by its hash'
  const facts = { asset: symbol, expected, found: 'exact' }
  return { kind: 'invalid', code: 'PAYMENT_SCHEME_UNSUPPORTED', facts }
}

/** The authorization with its signature as the token will read it, or what is wrong with it. */
async function checkSignature(
  { row, token, rpc }: Context,
  authorization: SignedAuthorization,
): Promise<SignedAuthorization | Objection> {
  const { from } = authorization
  const digest = hashAuthorization(row.id, token, authorization)
  const reading = await readSignature(from, digest, authorization.signature)
  if (reading.kind === 'key') return { ...authorization, signature: reading.signature }
  if (reading.kind === 'malleable') {
    return { kind: 'invalid', code: 'SIGNATURE_MALLEABLE', facts: { payer: from } }
  }
  const invalid: Objection = { kind: 'invalid', code: 'SIGNATURE_INVALID', facts: { payer: from } }
  if (reading.kind === 'refused') {
    return { ...invalid, facts: { payer: from, reason: reading.reason } }
  }
  // A contract's own signature is the contract's to judge, in the simulation.
  return (await readHasCode(rpc, from)) ? authorization : invalid
}

async function askChain(
  context: Context,
  authorization: SignedAuthorization,
): Promise<Verification> {
  const { rpc, token, blocks } = context
  const { from, nonce, value } = authorization
  const [used, balance, simulation, { number, hash, time }] = await Promise.all([
    readView(rpc, token.address, 'authorizationState', [from, nonce]),
    readView(rpc, token.address, 'balanceOf', [from]),
    simulate(context, authorization),
    blocks.latest(),
  ])
  const head = { number, hash, time }
  if (used) return { kind: 'used', head }
  if (simulation === 'passes') return { kind: 'valid', head }
  if (balance < value) {
    const facts = { required: `${value}`, available: `${balance}` }
    return { kind: 'invalid', code: 'FUNDS_INSUFFICIENT', facts }
  }
  return await explainRefusal(context, authorization, simulation.reverted)
}

/**
 * Runs the transfer without sending it, with the gas its carrier will have: what does not fit
 * now would fail then, at our cost.
 */
export async function simulate(
  { rpc, token }: Pick<Context, 'rpc' | 'token'>,
  authorization: SignedAuthorization,
): Promise<'passes' | { readonly reverted: string }> {
  const data = encodeTransfer(authorization)
  const gas = numberToHex(carrierGas(authorization.signature))
  try {
    await rpc.request<Hex>('eth_call', [
      { from: zeroAddress, to: token.address, data, gas },
      'latest',
    ])
    return 'passes'
  } catch (error) {
    if (isRevert(error)) return { reverted: error.message }
    throw error
  }
}
