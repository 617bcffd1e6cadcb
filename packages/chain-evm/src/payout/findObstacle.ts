import type { Address, PayoutObstacle } from '@key0/core'
import { sameAddress } from '@key0/core'
import { zeroAddress } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'
import { readSwitches } from '../chain/explainRefusal.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import type { Sender } from '../sender/Sender.ts'
import { readHasCode, readView } from '../token/callToken.ts'

const refundGas = 200_000n

type Wanted = { readonly from: Address; readonly to: Address; readonly value: bigint }

const lasting = (reason: string): PayoutObstacle => ({ kind: 'lasting', reason })
const passing = (reason: string): PayoutObstacle => ({ kind: 'passing', reason })

/** What stands against a refund now. Lasting causes first: they need a person, and at once. */
export async function findObstacle(
  chain: EvmChain,
  carriers: readonly Sender[],
  refund: Wanted,
): Promise<PayoutObstacle | undefined> {
  const { from } = refund
  const [ofToken, hasCode, ...gas] = await Promise.all([
    findTokenObstacle(chain, refund),
    readHasCode(chain.rpc, from),
    ...carriers.map(async (carrier) => await carrier.gasBalance()),
  ]).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  if (ofToken?.kind === 'lasting') return ofToken
  if (hasCode) {
    return lasting(`the wallet ${from} has code (EIP-7702): the token ignores its key's signature`)
  }
  if (ofToken) return ofToken
  const isFunded = carriers.some(
    (carrier, index) => (gas[index] ?? 0n) >= carrier.priceOf(refundGas),
  )
  if (isFunded) return undefined
  return passing(`no gas wallet can pay for gas: ${carriers.map((it) => it.address).join(', ')}`)
}

/** What the token itself stands against it with. */
export async function findTokenObstacle(
  chain: EvmChain,
  { from, to, value }: Wanted,
): Promise<PayoutObstacle | undefined> {
  const { rpc, token } = chain
  const [switches, balance] = await Promise.all([
    readSwitches(chain, from, to),
    readView(rpc, token.address, 'balanceOf', [from]),
  ]).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  if (sameAddress(to, zeroAddress) || sameAddress(to, token.address)) {
    return lasting(`the token cannot pay ${to}`)
  }
  if (switches.toBlocked) return lasting(`the token's issuer blocks the payee ${to}`)
  if (switches.fromBlocked) return lasting(`the token's issuer blocks the wallet ${from}`)
  if (switches.paused) return passing('the token is paused')
  return balance < value
    ? passing(`the wallet ${from} holds ${balance}, the refund is ${value}`)
    : undefined
}
