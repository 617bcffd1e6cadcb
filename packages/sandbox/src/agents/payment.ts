import type { Address, Hex } from 'viem'
import { SandboxError } from '../SandboxError.ts'
import { signTransferAuthorization } from '../signTransferAuthorization.ts'

/** What every sample agent is told. */
export type AgentOptions = {
  readonly url: string
  readonly wallet: { readonly privateKey: Hex }
  /** Atomic units; what costs more is not bought. */
  readonly maxAmount: bigint
}

/** What was bought, and what became of its payment. */
export type Bought = {
  readonly content: Readonly<Record<string, unknown>>
  readonly settlement: Readonly<Record<string, unknown>>
}

/** One of an x402 challenge's `accepts`. */
export type Offer = {
  readonly scheme: string
  readonly network: string
  readonly amount: string
  readonly asset: Address
  readonly payTo: Address
  readonly maxTimeoutSeconds: number
  readonly extra: { readonly name: string }
}

/** How often the same call is repeated while its outcome is open. */
const maxRepeats = 30

const isEvm = (network: string): boolean => /^eip155:\d+$/.test(network)

/**
 * Takes the offer that this agent would pay, and signs it as x402 version 2 has it.
 *
 * @throws {SandboxError} `agent_refused` when there is none.
 */
export async function payFor(
  accepts: readonly Offer[] | undefined,
  { wallet, maxAmount }: Pick<AgentOptions, 'wallet' | 'maxAmount'>,
  said: object,
): Promise<object> {
  const offer = accepts?.find(({ scheme, network }) => scheme === 'exact' && isEvm(network))
  if (offer === undefined) throw refused(said)
  const { network, asset, payTo, amount, maxTimeoutSeconds, extra } = offer
  if (BigInt(amount) > maxAmount)
    throw new SandboxError('agent_refused', `it costs ${amount}, and at most ${maxAmount} is paid`)
  const { authorization, signature } = await signTransferAuthorization({
    privateKey: wallet.privateKey,
    to: payTo,
    value: BigInt(amount),
    validBefore: BigInt(Math.floor(Date.now() / 1000) + maxTimeoutSeconds),
    domain: {
      ...{ name: extra.name, version: '2' as const },
      ...{ chainId: Number(network.slice('eip155:'.length)), verifyingContract: asset },
    },
  })
  const { value, validAfter, validBefore, ...rest } = authorization
  const numbers = { value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` }
  const payload = { signature, authorization: { ...rest, ...numbers } }
  return { x402Version: 2, accepted: offer, payload }
}

/**
 * Repeats a call whose answer was lost, or says to ask again: the very same one, for a new
 * signature could pay a second time.
 *
 * @param secondsToWait How long before the next try; `undefined` for an answer that is final.
 */
export async function insist<answer>(
  call: () => Promise<answer>,
  secondsToWait: (answer: answer) => number | undefined,
): Promise<answer> {
  for (let repeat = 0; ; repeat += 1) {
    const answer = await call().catch((error: unknown) => {
      if (error instanceof SandboxError || repeat >= maxRepeats) throw error
      return undefined
    })
    const seconds = answer === undefined ? 1 : secondsToWait(answer)
    if (answer !== undefined && (seconds === undefined || repeat >= maxRepeats)) return answer
    await new Promise((done) => setTimeout(done, (seconds ?? 1) * 1_000))
  }
}

/** Nothing was bought. */
export function refused(said: object): SandboxError {
  return new SandboxError('agent_refused', JSON.stringify(said).slice(0, 500))
}
