import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@key0/app-kit'
import { createEvmChain, createPayout, createSender, type EvmChain } from '@key0/chain-evm'
import {
  type AccountingContext,
  type Address,
  type DocumentStore,
  Key0Error,
  type OperatorContext,
  type RefundContext,
  sameAddress,
  type Wallet,
  watchContinuity,
} from '@key0/core'
import type { CliConfig } from './config.ts'

/** What a command works with. The chain is asked only by those that need it. */
export type Desk = AsyncDisposable & {
  readonly config: CliConfig
  readonly ctx: OperatorContext
  readonly documents: DocumentStore
  /** @throws CHAIN_UNREACHABLE, CHAIN_MISMATCH */
  readonly chain: () => Promise<EvmChain>
  /** The receiving wallets. @throws CONFIG_INVALID when none is known. */
  readonly wallets: () => Promise<readonly Wallet[]>
  readonly accounting: (adoptAfterMs: number) => Promise<AccountingContext>
  /** What sends money. @throws CONFIG_INVALID without a key. */
  readonly refunds: () => Promise<RefundContext & { readonly gasPayers: readonly Address[] }>
}

const DAY_MS = 86_400_000

export async function openDesk(config: CliConfig): Promise<Desk> {
  assertStoreExists(config)
  await using stack = new AsyncDisposableStack()
  const { store, documents, close } = await openStore(config)
  stack.defer(close)
  const alerts: string[] = []
  const ctx: OperatorContext = {
    store,
    clock: { nowMs: () => Date.now() },
    newId: () => randomBytes(16).toString('hex'),
    observe: (event) => void (event.name === 'alert' && alerts.push(event.what)),
  }
  let connected: Promise<EvmChain> | undefined
  const { network, rpcUrls, agreement } = config
  const chain = (): Promise<EvmChain> => {
    connected ??= createEvmChain({
      network,
      ...(rpcUrls.length > 0 && { rpcUrls }),
      ...(agreement && { agreement }),
    })
    return connected
  }
  stack.defer(async () => (await connected?.catch(() => undefined))?.close())
  const continuity = watchContinuity(ctx)
  const wallets = async (): Promise<readonly Wallet[]> => listWallets(config, await chain())
  const owned = stack.move()
  return {
    ...{ config, ctx, documents, chain, wallets },
    accounting: async (adoptAfterMs) => ({
      ...{ ...ctx, continuity, adoptAfterMs },
      ...{ chain: await chain(), wallets: await wallets(), finality: config.finality.refund },
    }),
    refunds: async () => {
      const senders = toSenders(config, await chain())
      return {
        ...{ ...ctx, continuity, chain: await chain(), wallets: await wallets() },
        ...senders,
        settings: {
          finality: config.finality.refund,
          waitMs: 15_000,
          validForSeconds: 3_600,
          resubmitAfterMs: 30_000,
          giveUpAfterMs: DAY_MS,
        },
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Opening would make a new, empty store, and every answer about it would look like good news. */
function assertStoreExists({ storage }: CliConfig): void {
  if (storage.kind !== 'embedded' || existsSync(join(storage.dataDir, 'key0.sqlite'))) return
  throw new Key0Error('CONFIG_INVALID', {
    facts: { KEY0_DATA_DIR: `${storage.dataDir} holds no key0.sqlite` },
  })
}

function listWallets(config: CliConfig, chain: EvmChain): readonly Wallet[] {
  const { walletAddress, retiredWallets, walletPrivateKeys } = config
  const ofKeys = walletPrivateKeys.map((privateKey) => createSender({ chain, privateKey }).address)
  const all = [...(walletAddress ? [walletAddress] : []), ...ofKeys, ...retiredWallets]
  const payees = all.filter((it, index) => all.findIndex((b) => sameAddress(it, b)) === index)
  const { address: token, symbol: asset, decimals } = chain.token
  if (payees.length > 0) return payees.map((payee) => ({ token, payee, asset, decimals }))
  throw new Key0Error('CONFIG_INVALID', {
    facts: { KEY0_WALLET_ADDRESS: 'must be set: the wallet that receives the payments' },
  })
}

function toSenders(
  { walletPrivateKeys: keys, gasWalletPrivateKeys }: CliConfig,
  chain: EvmChain,
): Pick<RefundContext, 'payout'> & { readonly gasPayers: readonly Address[] } {
  if (keys.length === 0)
    throw new Key0Error('CONFIG_INVALID', {
      facts: { KEY0_WALLET_PRIVATE_KEY: 'must be set: it signs refunds' },
    })
  const paying = gasWalletPrivateKeys.length > 0 ? gasWalletPrivateKeys : keys
  const carriers = paying.map((privateKey) => createSender({ chain, privateKey }))
  return {
    payout: createPayout({ chain, keys, carriers }),
    gasPayers: carriers.map(({ address }) => address),
  }
}
