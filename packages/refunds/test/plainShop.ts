import { randomBytes } from 'node:crypto'
import {
  createEvmChain,
  createGasWalletSettler,
  createTransferPayout,
  type EvmChain,
  findChain,
} from '@key0/chain-evm'
import {
  type ChallengeRecord,
  type ChallengeStore,
  createCatalog,
  createEngine,
  type EngineEvent,
  invariant,
  type RefundContext,
  transferRef,
  watchContinuity,
} from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { createFakeIssuer, createFaults, type FakeIssuer, type Faults } from '@key0/core/testing'
import { deployPlainToken, type PlainToken, type Sandbox, startSandbox } from '@key0/sandbox'

export const PRICE = 250_000n

/** A shop that is paid in a token without authorizations; the backend delivers nothing. */
export type PlainShop = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly token: PlainToken
  readonly store: ChallengeStore
  readonly issuer: FakeIssuer
  readonly events: EngineEvent[]
  /** The clock of store and workers stands this much later than the machine's. */
  readonly sleep: (ms: number) => void
  /** A buyer transfers the price and presents it: what became of the challenge. */
  readonly sell: () => Promise<ChallengeRecord>
  /** A refund worker in a process of its own, whose calls meet the faults. */
  readonly startWorker: (faults?: Faults) => Promise<RefundContext>
  readonly countRefunds: () => Promise<number>
}

export async function startPlainShop(): Promise<PlainShop> {
  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(await startSandbox({ slotsInAnEpoch: 1 }))
  const token = await deployPlainToken(sandbox)
  const { seller, buyer, gas } = sandbox.wallets
  await token.mint(buyer.address, 1_000_000_000n)
  // What the seller earned elsewhere: a second refund would be paid from it.
  await token.mint(seller.address, 1_000_000_000n)
  let offsetMs = 0
  const clock = { nowMs: () => Date.now() + offsetMs }
  const newId = (): string => randomBytes(16).toString('hex')
  const events: EngineEvent[] = []
  const observe = (event: EngineEvent): void => void events.push(event)
  const store = createMemoryStore()
  const issuer = createFakeIssuer()
  issuer.mood = 'fail'
  const chains: EvmChain[] = []
  stack.defer(() => {
    for (const chain of chains) chain.close()
  })
  const connect = async (): Promise<EvmChain> => {
    const { address, symbol, decimals } = token
    const row = findChain('testnet')
    const chain = await createEvmChain({
      network: { ...row, tokens: [{ address, symbol, decimals, transferMethod: 'transfer' }] },
      // Another address of the same node: a new process remembers nothing of an old one.
      rpcUrls: `${sandbox.rpcUrl}/?${chains.length}`,
      pollingMs: 10,
    })
    chains.push(chain)
    return chain
  }
  const shared = { store, clock, newId, observe }
  const chain = await connect()
  const engine = createEngine({
    ...{ ...shared, chain, issuer },
    settler: createGasWalletSettler({ chain, privateKey: gas.privateKey }),
    catalog: createCatalog([{ planId: 'report', unitAmount: '$0.25' }], token.decimals),
    sleep: async () => {},
    settings: {
      ...{ chainId: 84532, token: token.address, asset: token.symbol, decimals: token.decimals },
      ...{ payTo: seller.address, challengeTTLMs: 900_000, maxTimeoutSeconds: 300 },
      finality: { payment: 'latest', refund: 'latest' },
      ...{ settleWaitMs: 0, deliveryWaitMs: 0, resubmitAfterMs: 0, refundMinAgeMs: 300_000 },
      ...{ refunds: true, proofBinding: 'none', skewMs: 1e12, strayTransfers: 'hold' },
    },
  })
  const sell = async (): Promise<ChallengeRecord> => {
    const { challengeId } = await engine.issue({ planId: 'report', clientAgentId: 'x402-http' })
    const txHash = await token.transfer(buyer.address, seller.address, PRICE)
    await engine.submitProof({ challengeId, txHash }).catch(() => undefined)
    const record = await store.get(challengeId)
    invariant(record, 'a challenge was issued')
    return record
  }
  const startWorker = async (faults = createFaults()): Promise<RefundContext> => {
    const own = await connect()
    const process = { dead: false }
    const payout = createTransferPayout({ chain: own, keys: [seller.privateKey] })
    const { address, symbol, decimals } = token
    const wrapped = faults.wrap('store', store, process)
    return {
      ...shared,
      store: wrapped,
      chain: faults.wrap('chain', own, process),
      payout: faults.wrap('payout', payout, process),
      continuity: watchContinuity({ ...shared, store: wrapped }),
      wallets: [{ token: address, payee: seller.address, asset: symbol, decimals }],
      settings: {
        ...{ finality: 'latest', waitMs: 20, validForSeconds: 3_600 },
        ...{ resubmitAfterMs: 0, giveUpAfterMs: 86_400_000 },
      },
    }
  }
  const countRefunds = async (): Promise<number> =>
    (await token.transfers({ from: seller.address, to: buyer.address })).length
  const owned = stack.move()
  return {
    ...{ sandbox, token, store, issuer, events, sell, startWorker, countRefunds },
    sleep: (ms) => {
      offsetMs += ms
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The name of a payment by `sell`: the only log of its transaction. */
export function refOf({ chainId, token, txHash }: ChallengeRecord): string {
  invariant(txHash, 'it was paid')
  return transferRef({ chainId, token, txHash, ordinal: 0 })
}
