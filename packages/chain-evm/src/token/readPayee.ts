import type { Address } from '@key0/core'
import type { EvmChain } from '../chain/EvmChain.ts'
import { readSwitches } from '../chain/explainRefusal.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readHasCode, readView } from './callToken.ts'

/** Whether a wallet can receive the token, and return it. */
export type Payee = {
  /** The token's issuer refuses every transfer to it and from it. */
  readonly isBlocked: boolean
  /** Nobody can transfer the token now. */
  readonly isPaused: boolean
  /** A contract, or a key that delegates to one: no key's signature moves what it received. */
  readonly hasCode: boolean
  /** What it holds, in the token's smallest unit. */
  readonly balance: bigint
}

/** @throws CHAIN_UNREACHABLE */
export async function readPayee(chain: EvmChain, payee: Address): Promise<Payee> {
  const [switches, hasCode, balance] = await Promise.all([
    readSwitches(chain, payee, payee),
    readHasCode(chain.rpc, payee),
    readView(chain.rpc, chain.token.address, 'balanceOf', [payee]),
  ]).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  return { isBlocked: switches.toBlocked, isPaused: switches.paused, hasCode, balance }
}
