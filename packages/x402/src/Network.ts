import { WireError } from './WireError.ts'

/** A CAIP-2 id of an EVM chain, such as `eip155:8453`. */
export type Network = `eip155:${number}`

/**
 * Names that x402 version 1 uses instead of CAIP-2 ids, each with its EVM chain id. A name that
 * is not here has no meaning that version 1 clients agree on.
 */
export const v1NetworkChainIds = {
  ethereum: 1,
  sepolia: 11155111,
  abstract: 2741,
  'abstract-testnet': 11124,
  'base-sepolia': 84532,
  base: 8453,
  'avalanche-fuji': 43113,
  avalanche: 43114,
  iotex: 4689,
  sei: 1329,
  'sei-testnet': 1328,
  polygon: 137,
  'polygon-amoy': 80002,
  peaq: 3338,
  story: 1514,
  educhain: 41923,
  'skale-base-sepolia': 324705682,
  megaeth: 4326,
  monad: 143,
  stable: 988,
  'stable-testnet': 2201,
  celo: 42220,
  flare: 14,
} as const

/** What {@link isNetwork} wants, in words. */
export const expectedNetwork =
  'a CAIP-2 EVM network such as eip155:8453, its chain id without leading zeros'

/**
 * Whether `value` is a CAIP-2 EVM network in its one canonical spelling. `eip155:08453` is not: it
 * names the same chain and would slip past every comparison of strings.
 */
export function isNetwork(value: unknown): value is Network {
  if (typeof value !== 'string' || !/^eip155:[1-9]\d{0,15}$/.test(value)) return false
  return Number.isSafeInteger(Number(value.slice(7)))
}

/**
 * The EVM chain id of a CAIP-2 network: `eip155:8453` gives `8453`.
 *
 * @throws WireError `FIELD_INVALID` unless {@link isNetwork}.
 */
export function toChainId(network: string): number {
  if (!isNetwork(network)) throw new WireError('FIELD_INVALID', '$', expectedNetwork)
  return Number(network.slice(7))
}

/**
 * The CAIP-2 network of an EVM chain id: `8453` gives `eip155:8453`.
 *
 * @throws WireError `FIELD_INVALID` unless the id is a positive safe integer.
 */
export function toNetwork(chainId: number): Network {
  if (!Number.isSafeInteger(chainId) || chainId < 1) {
    throw new WireError('FIELD_INVALID', '$', 'a positive integer as chain id')
  }
  return `eip155:${chainId}`
}
