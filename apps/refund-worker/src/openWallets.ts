import { createSender, type EvmChain } from '@key0/chain-evm'
import type { Address, Hex } from '@key0/core'

/** `balanceOf(address)`. */
const BALANCE_OF = '0x70a08231'

/** The wallets this worker holds keys of: what they are, and what they have. */
export type Wallets = {
  /** Were paid, and sign refunds. */
  readonly receiving: readonly Address[]
  /** Pay for the transactions; the receiving ones themselves when there are no others. */
  readonly paying: readonly Address[]
  /** In the token's smallest unit. */
  readonly readToken: (wallet: Address) => Promise<bigint>
  /** In wei. */
  readonly readGas: (wallet: Address) => Promise<bigint>
}

export function openWallets(
  chain: EvmChain,
  keys: { readonly receiving: readonly Hex[]; readonly paying: readonly Hex[] },
): Wallets {
  const addresses = (of: readonly Hex[]): readonly Address[] =>
    of.map((privateKey) => createSender({ chain, privateKey }).address)
  const receiving = addresses(keys.receiving)
  return {
    receiving,
    paying: keys.paying.length > 0 ? addresses(keys.paying) : receiving,
    readToken: async (wallet) => {
      const data = `${BALANCE_OF}${wallet.slice(2).toLowerCase().padStart(64, '0')}`
      const call = { to: chain.token.address, data }
      return BigInt(await chain.rpc.request<Hex>('eth_call', [call, 'latest']))
    },
    readGas: async (wallet) =>
      BigInt(await chain.rpc.request<Hex>('eth_getBalance', [wallet, 'latest'])),
  }
}
