import { fileURLToPath } from 'node:url'
import { type ChallengeStore, transferRef } from '@key0/core'
import { mintBase } from '@key0/core/testing'
import type { Sandbox } from '@key0/sandbox'
import { spawnProgram } from '@key0/test-services'

export type Env = Readonly<Record<string, string>>

/** What a run of the command answered. `json` is what it printed where it belongs. */
export type Answer = {
  readonly code: number | string | null
  readonly out: string
  readonly err: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Runs the real command as a process of its own. */
export async function key0(env: Env, ...args: string[]): Promise<Answer> {
  const program = spawnProgram(main, { NO_COLOR: '1', ...env }, args)
  const code = await program.exited
  const [out, err] = [program.output('stdout'), program.output('stderr')]
  const said = code === 0 || out !== '' ? out : err
  const isJson = args.includes('--json') && said.trim() !== ''
  return { code, out, err, json: isJson ? JSON.parse(said) : undefined }
}

export const PRICE = 250_000n

/** A challenge whose buyer paid for real and got nothing; its id. */
export async function paidUndelivered(chain: Sandbox, store: ChallengeStore): Promise<string> {
  const { buyer, seller } = chain.wallets
  const { chainId, usdc } = chain
  const txHash = await chain.transfer(buyer.address, seller.address, PRICE)
  const base = mintBase({
    ...{ chainId, token: usdc.address, destination: seller.address, createdAt: new Date() },
    ...{ amount: '$0.25', amountRaw: PRICE },
  })
  const { challengeId } = base
  await store.create(base, { key: 'create' })
  const paid = { txHash, paidAt: new Date(Date.now() - 600_000), fromAddress: buyer.address }
  const paymentRef = transferRef({ chainId, token: usdc.address, txHash, ordinal: 0 })
  await store.settle(challengeId, paymentRef, paid, { key: 'settle' })
  return challengeId
}

/** Makes a refund one that only a person can resolve. */
export async function failRefund(store: ChallengeStore, id: string): Promise<void> {
  await store.transition({ id, from: 'PAID', to: 'REFUND_PENDING', key: 'claim', fields: {} })
  const fields = { refundError: 'no gas wallet can pay for gas' }
  await store.transition({ id, from: 'REFUND_PENDING', to: 'REFUND_FAILED', key: 'fail', fields })
}

export async function holdMoney(store: ChallengeStore, id: string): Promise<void> {
  const fields = { held: 'the record names another amount' }
  await store.transition({ id, from: 'PAID', to: 'PAID', key: `hold ${id}`, fields })
}

/** Retired stores of the same data directory see each other's writes; servers do anyway. */
export function toEnv(chain: Sandbox, storage: Env): Env {
  const { seller, gas, stranger } = chain.wallets
  return {
    ...storage,
    KEY0_RPC_URL: chain.rpcUrl,
    KEY0_WALLET_ADDRESS: seller.address,
    KEY0_RETIRED_WALLETS: stranger.address,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
  }
}
