import type { Journal, Offer, SignedAuthorization, Submission } from '@key0/core'
import {
  type RpcProxy,
  type Sandbox,
  type SandboxOptions,
  startRpcProxy,
  startSandbox,
} from '@key0/sandbox'
import { createEvmChain, type EvmChain, type EvmChainOptions } from '../src/exports/index.ts'

export const price = 100_000n

/** A sandbox, a proxy in front of it, and our chain behind the proxy. */
export type TestRig<extra extends string = never> = AsyncDisposable & {
  readonly sandbox: Sandbox<extra>
  readonly proxy: RpcProxy
  readonly chain: EvmChain
  readonly offer: Offer
  /** Signs as the buyer does, for the offer, unless told otherwise. */
  readonly pay: (changes?: Partial<Signing>) => Promise<SignedAuthorization>
}

type Signing = Parameters<Sandbox['signTransferAuthorization']>[0]

export async function startRig<const extra extends string = never>(
  options: SandboxOptions<extra> = {},
  chainOptions: Partial<EvmChainOptions> = {},
): Promise<TestRig<extra>> {
  const sandbox = await startSandbox(options)
  const proxy = await startRpcProxy({ target: sandbox.rpcUrl })
  const chain = await createEvmChain({
    network: 'testnet',
    rpcUrls: proxy.url,
    pollingMs: 25,
    ...chainOptions,
  })
  const { seller, buyer } = sandbox.wallets
  return {
    sandbox,
    proxy,
    chain,
    offer: {
      chainId: 84532,
      token: sandbox.usdc.address,
      payTo: seller.address,
      value: price,
      maxTimeoutSeconds: 300,
    },
    pay: async (changes) => {
      const signed = await sandbox.signTransferAuthorization({
        privateKey: buyer.privateKey,
        to: seller.address,
        value: price,
        ...changes,
      })
      return { ...signed.authorization, signature: signed.signature }
    },
    [Symbol.asyncDispose]: async () => {
      chain.close()
      await proxy.close()
      await sandbox.stop()
    },
  }
}

/** A journal that keeps what it is given. */
export function keep(): { readonly journal: Journal; readonly kept: Submission[] } {
  const kept: Submission[] = []
  return {
    kept,
    journal: async (submission) => {
      kept.push(submission)
    },
  }
}
