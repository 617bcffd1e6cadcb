import { createEvmChain, createSender } from '@key0/chain-evm'
import {
  type Address,
  authorizationRef,
  type ChallengeStore,
  type Hash,
  type Hex,
  type PaymentRef,
  transferRef,
} from '@key0/core'
import type { PlainToken, Sandbox, SandboxWallet } from '@key0/sandbox'
import { encodeFunctionData, parseAbi } from 'viem'

const price = 100_000n

const abi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
])

/** A payment on the chain whose buyer got nothing. */
export type Payment = {
  readonly txHash: Hash
  readonly paymentRef: PaymentRef
  readonly payer: Address
}

type Payer = `payer-${number}`

/** A sandbox with a wallet for each of those who paid. */
export type PayersSandbox = Sandbox<Payer>

/** Those who paid, by the names of their wallets. */
export const payers: readonly Payer[] = Array.from({ length: 50 }, (_, at): Payer => `payer-${at}`)

/** Makes payments, each in a transaction of its own, and mines them. Nothing of it is measured. */
export async function makePayments(
  sandbox: PayersSandbox,
  count: number,
): Promise<readonly Payment[]> {
  const { seller, gas2 } = sandbox.wallets
  for (const at of payers.keys())
    await sandbox.mint(payerOf(sandbox, at).address, price * BigInt(count))
  const network = { network: 'testnet', rpcUrls: `${sandbox.rpcUrl}/?pay` } as const
  const chain = await createEvmChain(network)
  const sender = createSender({ chain, privateKey: gas2.privateKey })
  await sandbox.stallBlocks()
  const payments: Payment[] = []
  for (let start = 0; start < count; start += 100) {
    const some = Array.from({ length: Math.min(100, count - start) }, async (_, at) => {
      const { privateKey, address: payer } = payerOf(sandbox, start + at)
      const terms = { privateKey, to: seller.address, value: price }
      const { authorization, signature } = await sandbox.signTransferAuthorization(terms)
      const { from, to, value, validAfter, validBefore, nonce } = authorization
      const data = encodeFunctionData({
        abi,
        functionName: 'transferWithAuthorization',
        args: [from, to, value, validAfter, validBefore, nonce, signature],
      })
      const call = { to: sandbox.usdc.address, data, gas: 200_000n }
      const sent = await sender.send(call, async () => {})
      if (sent.kind !== 'submitted' || !sent.txHash) throw new Error(`a payment was ${sent.kind}`)
      const { chainId } = sandbox
      const token = sandbox.usdc.address
      const paymentRef = authorizationRef({ chainId, token, from: payer, nonce })
      return { txHash: sent.txHash, paymentRef, payer }
    })
    payments.push(...(await Promise.all(some)))
    await sandbox.mine(1)
  }
  sender.close()
  chain.close()
  await sandbox.mine(1)
  await sandbox.resumeBlocks()
  return payments
}

/** The same in a token without authorizations: plain transfers of the payers themselves. */
export async function transferPayments(
  sandbox: PayersSandbox,
  token: PlainToken,
  count: number,
): Promise<readonly Payment[]> {
  const { seller } = sandbox.wallets
  for (const at of payers.keys())
    await token.mint(payerOf(sandbox, at).address, price * BigInt(count))
  await sandbox.stallBlocks()
  const payments: Payment[] = []
  for (let made = 0; made < count; made += 1) {
    const { address: payer } = payerOf(sandbox, made)
    const txHash = await token.transfer(payer, seller.address, price)
    const of = { chainId: sandbox.chainId, token: token.address, txHash, ordinal: 0 }
    payments.push({ txHash, paymentRef: transferRef(of), payer })
    if (made % 100 === 99) await sandbox.mine(1)
  }
  await sandbox.mine(2)
  await sandbox.resumeBlocks()
  return payments
}

function payerOf(sandbox: PayersSandbox, at: number): SandboxWallet {
  const wallet = sandbox.wallets[payers[at % payers.length] ?? 'payer-0']
  if (!wallet) throw new Error('a payer has no wallet')
  return wallet
}

/** Puts them into a store as paid and never delivered, older than any grace period; their ids. */
export async function keepAsUndelivered(
  sandbox: PayersSandbox,
  store: ChallengeStore,
  payments: readonly Payment[],
  { address: token, symbol: asset }: { readonly address: Address; readonly symbol: string },
): Promise<readonly string[]> {
  const { seller } = sandbox.wallets
  const { chainId } = sandbox
  const keep = async ({ txHash, paymentRef, payer }: Payment, index: number): Promise<string> => {
    const challengeId = `http-${txHash.slice(2, 42)}`
    const base = {
      ...{ challengeId, requestId: txHash, scope: 'x402-http', clientAgentId: 'x402-http' },
      ...{ resourceId: 'default', planId: 'basic', amount: '$0.10', amountRaw: price },
      ...{ asset, token, chainId, destination: seller.address },
      ...{ createdAt: new Date(), expiresAt: new Date(Date.now() + 900_000) },
    }
    await store.create(base, { key: 'create' })
    const paidBlock = { number: BigInt(index), hash: `0x${'00'.repeat(32)}` as Hex }
    const paidAt = new Date(Date.now() - 600_000 + index)
    const paid = { txHash, paidAt, fromAddress: payer, paidBlock }
    const outcome = await store.settle(challengeId, paymentRef, paid, { key: 'settle' })
    if (outcome.kind !== 'applied') throw new Error(`a payment was not kept: ${outcome.kind}`)
    return challengeId
  }
  const ids: string[] = []
  for (let start = 0; start < payments.length; start += 50) {
    const some = payments.slice(start, start + 50)
    ids.push(...(await Promise.all(some.map((it, at) => keep(it, start + at)))))
  }
  return ids
}
