import { payerProofMessage } from '@key0/core'
import { fakeSignature } from '@key0/core/testing'
import { LawBroken } from '../store/assert.ts'
import type { Exchange, Sent, SentRequest, WorldEvent } from './Exchange.ts'
import { accounts, type HttpWorld } from './HttpWorld.ts'
import { judge } from './judge.ts'
import { fill, type Kept, read, recall } from './kept.ts'
import { leaveRequest, sendRequest, type WireRequest } from './sendRequest.ts'
import { signPayment } from './signPayment.ts'

/** A server on a socket, over a world of its own. */
export type HttpRig = {
  /** Such as `http://127.0.0.1:40213`, with the path under which Key0 is mounted, if it is. */
  readonly origin: string
  readonly world: HttpWorld
}

/** Has a conversation with a server. @throws LawBroken at the first answer that is not as it must be. */
export async function runExchange(exchange: Exchange, rig: HttpRig): Promise<void> {
  const kept: Kept = new Map()
  for (const [at, step] of exchange.steps.entries()) {
    try {
      if ('world' in step) happen(step.world, rig.world, kept)
      else if ('leave' in step)
        await leaveRequest(rig.origin, toWire(step.leave, kept, rig.world.nowMs()))
      else await send(step, rig, kept)
    } catch (cause) {
      if (!(cause instanceof LawBroken)) throw cause
      throw new LawBroken(`step ${at + 1} of ${exchange.steps.length}: ${cause.message}`, { cause })
    }
  }
  const { ledger } = rig.world.parts
  const { payTo } = rig.world.seller
  const arrived = ledger.transfers().filter(({ to }) => to === payTo).length
  const expected = exchange.transfers ?? 0
  if (arrived !== expected)
    throw new LawBroken(`expected ${expected} transfers to the seller, saw ${arrived}`)
}

async function send(step: Sent, { origin, world }: HttpRig, kept: Kept): Promise<void> {
  const wire = toWire(step.send, kept, world.nowMs())
  const times = Array.from({ length: step.times ?? 1 })
  const answers = await Promise.all(times.map(() => sendRequest(origin, wire)))
  const bodies = new Set(answers.map(({ text }) => text))
  for (const answer of answers) judge(answer, step.expect, kept)
  if (bodies.size !== 1) throw new LawBroken(`the same request got ${bodies.size} different bodies`)
  const [answer] = answers
  for (const [name, source] of Object.entries(step.keep ?? {}))
    if (answer) kept.set(name, read(answer, source))
}

function toWire(sent: SentRequest, kept: Kept, nowMs: number): WireRequest {
  const { method, json, text, payment, proof, chunked } = sent
  const body = json === undefined ? text && fill(text, kept) : JSON.stringify(fill(json, kept))
  return {
    method,
    path: fill(sent.path, kept),
    headers: [
      ...(json === undefined ? [] : [['content-type', 'application/json'] as const]),
      ...(sent.headers ?? []).map(([name, value]) => [name, fill(value, kept)] as const),
      ...(payment ? [signPayment(payment, kept, nowMs)] : []),
      ...(proof === undefined ? [] : [['PAYMENT-PROOF', toBase64(fill(proof, kept))] as const]),
    ],
    ...(body !== undefined && { body }),
    ...(chunked && { chunked }),
  }
}

const toBase64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')

function happen(event: WorldEvent, { parts, seller }: HttpWorld, kept: Kept): void {
  switch (event.does) {
    case 'issuer':
      parts.issuer.mood = event.mood
      return
    case 'chain':
      parts.chain.unreachable = event.mood === 'silent'
      return
    case 'time':
      parts.clock.advance(event.passesMs)
      parts.ledger.mine()
      return
    case 'transfer': {
      const { buyer } = accounts
      const call = { kind: 'transfer', from: buyer, to: seller.payTo } as const
      const { hash } = parts.ledger.prepare([{ ...call, value: BigInt(event.value) }], event.keep)
      parts.ledger.broadcast(hash)
      kept.set(event.keep, hash)
      return
    }
    case 'sign': {
      const id = `${recall(event.challenge, kept)}`
      const hash = recall(event.transaction, kept) as `0x${string}`
      const signer = accounts[event.by ?? 'buyer']
      kept.set(event.keep, fakeSignature(signer, payerProofMessage(id, hash)))
    }
  }
}
