import { type ChallengeStore, transferRef } from '@key0/core'
import type { Sandbox } from '@key0/sandbox'

export const PRICE = 250_000n

let count = 0

/** A challenge whose buyer paid for real and got nothing; its id. */
export async function paidUndelivered(chain: Sandbox, store: ChallengeStore): Promise<string> {
  count += 1
  const { buyer, seller } = chain.wallets
  const token = chain.usdc.address
  const txHash = await chain.transfer(buyer.address, seller.address, PRICE)
  const [transfer] = (await chain.transfers({ from: buyer.address, to: seller.address })).slice(-1)
  const challengeId = `challenge-${count}`
  await store.create(
    {
      challengeId,
      requestId: `request-${count}`,
      scope: 'x402-http',
      clientAgentId: 'x402-http',
      resourceId: 'default',
      planId: 'report',
      amount: '$0.25',
      amountRaw: PRICE,
      asset: 'USDC',
      token,
      chainId: chain.chainId,
      destination: seller.address,
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 900_000),
    },
    { key: 'create' },
  )
  const paymentRef = transferRef({ chainId: chain.chainId, token, txHash, ordinal: 0 })
  await store.settle(
    challengeId,
    paymentRef,
    {
      txHash,
      paidAt: new Date(Date.now() - 600_000),
      fromAddress: buyer.address,
      paidBlock: { number: transfer?.blockNumber ?? 0n, hash: transfer?.blockHash ?? '0x' },
    },
    { key: 'settle' },
  )
  return challengeId
}
