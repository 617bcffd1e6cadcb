import { type ChallengeStore, transferRef } from '@key0/core'
import { mintBase } from '@key0/core/testing'
import type { Sandbox } from '@key0/sandbox'

export const PRICE = 250_000n

/** A challenge whose buyer paid for real and got nothing; its id. */
export async function paidUndelivered(chain: Sandbox, store: ChallengeStore): Promise<string> {
  const { buyer, seller } = chain.wallets
  const { chainId, usdc } = chain
  const txHash = await chain.transfer(buyer.address, seller.address, PRICE)
  const [transfer] = (await chain.transfers({ from: buyer.address, to: seller.address })).slice(-1)
  const base = mintBase({
    ...{ chainId, token: usdc.address, destination: seller.address, createdAt: new Date() },
    ...{ amount: '$0.25', amountRaw: PRICE },
  })
  const { challengeId } = base
  await store.create(base, { key: 'create' })
  const paid = {
    txHash,
    paidAt: new Date(Date.now() - 600_000),
    fromAddress: buyer.address,
    paidBlock: { number: transfer?.blockNumber ?? 0n, hash: transfer?.blockHash ?? '0x' },
  }
  const paymentRef = transferRef({ chainId, token: usdc.address, txHash, ordinal: 0 })
  await store.settle(challengeId, paymentRef, paid, { key: 'settle' })
  return challengeId
}
