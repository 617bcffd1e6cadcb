import type { Address, PayoutObstacle } from '@key0/core'
import { sameAddress } from '@key0/core'
import { zeroAddress } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'
import { readSwitches } from '../chain/explainRefusal.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import type { Sender } from '../sender/Sender.ts'
import { readHasCode, readView } from '../token/callToken.ts'

const refundGas = 200_000n

/** What stands against a refund now. Lasting causes first: they need a person, and at once. */
export async function findObstacle(
  chain: EvmChain,
  carriers: readonly Sender[],
  refund: { readonly from: Address; readonly to: Address; readonly value: bigint },
): Promise<PayoutObstacle | undefined> {
  const { rpc, token } = chain
  const { from, to, value } = refund
  const [switches, hasCode, balance, ...gas] = await Promise.all([
    readSwitches(chain, from, to),
    readHasCode(rpc, from),
    readView(rpc, token.address, 'balanceOf', [from]),
    ...carriers.map(async (carrier) => await carrier.gasBalance()),
  ]).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  const lasting = (reason: string): PayoutObstacle => ({ kind: 'lasting', reason })
  const passing = (reason: string): PayoutObstacle => ({ kind: 'passing', reason })
  if (sameAddress(to, zeroAddress) || sameAddress(to, token.address)) {
    return lasting(`the token cannot pay ${to}`)
  }
  if (switches.toBlocked) return lasting(`the token's issuer blocks the payee ${to}`)
  if (switches.fromBlocked) return lasting(`the token's issuer blocks the wallet ${from}`)
  if (hasCode) {
    return lasting(`the wallet ${from} has code (EIP-7702): the token ignores its key's signature`)
  }
  if (switches.paused) return passing('the token is paused')
  if (balance < value) return passing(`the wallet ${from} holds ${balance}, the refund is ${value}`)
  const isFunded = carriers.some(
    (carrier, index) => (gas[index] ?? 0n) >= carrier.priceOf(refundGas),
  )
  if (isFunded) return undefined
  return passing(`no gas wallet can pay for gas: ${carriers.map((it) => it.address).join(', ')}`)
}
