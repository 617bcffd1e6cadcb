import {
  assertFaultless,
  createReader,
  type NetworkConfig,
  readNetwork,
  readStorage,
  type StorageConfig,
} from '@key0/app-kit'
import type { Address, Hex } from '@key0/core'
import type { RawConfig } from './env.ts'

/** Everything the command was told by its environment. */
export type CliConfig = NetworkConfig & {
  readonly storage: Exclude<StorageConfig, { readonly kind: 'memory' }>
  readonly walletAddress?: Address
  /** Sold before, and may still be owed something. */
  readonly retiredWallets: readonly Address[]
  readonly walletPrivateKeys: readonly Hex[]
  /** None: the receiving wallets pay for gas themselves. */
  readonly gasWalletPrivateKeys: readonly Hex[]
  readonly challengeTTLSeconds: number
}

/**
 * Step 2, meaning.
 *
 * @throws CONFIG_INVALID naming every mistake at once, never repeating a secret.
 */
export function toConfig(raw: RawConfig): CliConfig {
  const read = createReader(raw)
  const network = readNetwork(read)
  const walletAddress = read.address('walletAddress')
  const storage = readStorage(read)
  if (storage.kind === 'memory')
    read.fault('storageBackend', '"memory" is seen by no other process than its own')
  const config = {
    ...network,
    storage: storage.kind === 'memory' ? ({ kind: 'embedded', dataDir: '' } as const) : storage,
    ...(walletAddress && { walletAddress }),
    retiredWallets: read.addresses('retiredWallets'),
    walletPrivateKeys: read.privateKeys('walletPrivateKey'),
    gasWalletPrivateKeys: read.privateKeys('gasWalletPrivateKey'),
    challengeTTLSeconds: read.int('challengeTTLSeconds', 900, { min: 30, max: 86_400 }),
  }
  assertFaultless(read)
  return config
}
