import type { Submission, Submitted } from '@key0/core'
import {
  deployPlainToken,
  type PlainToken,
  type RpcProxy,
  type Sandbox,
  startRpcProxy,
  startSandbox,
} from '@key0/sandbox'
import {
  type ChainRow,
  createEvmChain,
  createTransferPayout,
  type EvmChain,
  findChain,
} from '../src/exports/index.ts'

/** A sandbox with a token without authorizations, a proxy before it, and our chain behind that. */
export type PlainRig = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly token: PlainToken
  readonly proxy: RpcProxy
  readonly chain: EvmChain
  /** Connects as a new process would: it remembers no gas nonces. */
  readonly connect: () => Promise<EvmChain>
}

/** The row that a seller writes for such a token. */
export function toPlainRow({ address, symbol, decimals }: PlainToken): ChainRow {
  const row = findChain('testnet')
  return { ...row, tokens: [{ address, symbol, decimals, transferMethod: 'transfer' }] }
}

export async function startPlainRig(): Promise<PlainRig> {
  await using stack = new AsyncDisposableStack()
  // Two blocks make a block final.
  const sandbox = stack.use(await startSandbox({ slotsInAnEpoch: 1 }))
  const token = await deployPlainToken(sandbox)
  await token.mint(sandbox.wallets.seller.address, 1_000_000n)
  const proxy = stack.use(await startRpcProxy({ target: sandbox.rpcUrl }))
  const chains: EvmChain[] = []
  stack.defer(() => {
    for (const chain of chains) chain.close()
  })
  const connect = async (): Promise<EvmChain> => {
    const chain = await createEvmChain({
      network: toPlainRow(token),
      // Another address of the same node is another set of nodes: nothing is shared with before.
      rpcUrls: `${proxy.url}/${connections++}`,
      pollingMs: 10,
    })
    chains.push(chain)
    return chain
  }
  const chain = await connect()
  const owned = stack.move()
  return {
    ...{ sandbox, token, proxy, chain, connect },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

let connections = 0

/** A refund as its record knows it: what it is, and what was persisted for it. */
export type PlainRefund = {
  readonly carriers: Submission[]
  /** Carries it with what is persisted, as a worker would: by default one that just began. */
  readonly carry: (chain?: EvmChain) => Promise<Submitted>
  readonly observe: (chain?: EvmChain) => ReturnType<EvmChain['observe']>
}

export function createPlainRefund(rig: PlainRig, value: bigint, name: string): PlainRefund {
  const { seller, buyer } = rig.sandbox.wallets
  const [from, to] = [seller.address, buyer.address]
  const nonce = `0x${Buffer.from(name).toString('hex').padStart(64, '0')}` as const
  const token = rig.token.address
  const carriers: Submission[] = []
  return {
    carriers,
    carry: async (given) => {
      const chain = given ?? (await rig.connect())
      const payout = createTransferPayout({ chain, keys: [seller.privateKey] })
      const terms = { from, to, value, nonce, validAfter: 0n, validBefore: 2n ** 63n }
      const authorization = { ...terms, signature: await payout.sign(token, terms) }
      const request = { token, authorization, previous: [...carriers] }
      return await payout.carry(request, async (carrier) => void carriers.push(carrier))
    },
    observe: async (chain = rig.chain) =>
      await chain.observe({
        ...{ token, from, to, value, nonce, carriers, sinceBlock: 0n },
        ...{ validBefore: 2n ** 63n, finality: 'latest' },
      }),
  }
}
