import type {
  AuthorizationQuery,
  Hash,
  Journal,
  Offer,
  SignedAuthorization,
  Submission,
} from '@key0/core'
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
  /** Submits an authorization as a stranger would. */
  readonly submitPast: (authorization: SignedAuthorization) => Promise<Hash>
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
    submitPast: async ({ signature, ...authorization }) =>
      await sandbox.submitAuthorization({ authorization, signature, v: 27, r: '0x', s: '0x' }),
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

/** Asks anvil directly, past the proxy. */
export async function askNode<result>(
  { rpcUrl }: { readonly rpcUrl: string },
  method: string,
  params: readonly unknown[],
): Promise<result> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const { result, error } = (await response.json()) as { result: result; error?: unknown }
  if (error) throw new Error(JSON.stringify(error))
  return result
}

/** Runtime code of contracts that answer `isValidSignature`, by what they do. */
export const wallets = {
  /** Returns 0x1626ba7e, whatever was asked. */
  acknowledges: '0x631626ba7e60e01b60005260206000f3',
  /** Returns 0. */
  refuses: '0x600060005260206000f3',
  /** Never returns. */
  burnsGas: '0x5b600056',
} as const

/** The query that looks for an authorization of the rig's buyer. */
export function toQuery(
  authorization: SignedAuthorization,
  more: Partial<AuthorizationQuery> = {},
): AuthorizationQuery {
  const { from, to, value, nonce, validBefore } = authorization
  const token = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
  return { token, from, to, value, nonce, validBefore, sinceBlock: 0n, finality: 'latest', ...more }
}
