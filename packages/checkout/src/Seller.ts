import type { Address } from '@key0/core'

/** Who sells, and in which token. What a plan costs comes from the engine's catalog alone. */
export type Seller = {
  readonly name: string
  readonly description?: string
  /**
   * Where buyers reach us, such as `https://pay.example` or `https://example.com/pay`. Every
   * address we emit is built from it and never from the `Host` header.
   */
  readonly publicUrl: string
  readonly chainId: number
  readonly payTo: Address
  readonly token: {
    readonly address: Address
    readonly symbol: string
    readonly decimals: number
    /** The token's EIP-712 domain, exactly as its contract says: a wrong one voids signatures. */
    readonly name: string
    readonly version: string
  }
  /**
   * `false`: nothing that a buyer signs is settled, only transfers that it makes itself are taken.
   * Offers then name the scheme `onchain-proof`, which software for `exact` passes by.
   */
  readonly exact?: boolean
  /** A block explorer, such as `https://basescan.org`; buyers find it at `/discover`. */
  readonly explorerUrl?: string
  /** Where error codes are explained; `type` of a problem is this plus `/CODE`. */
  readonly docsUrl?: string
}

/** What is wrong with a seller, a sentence each. */
export function judgeSeller(seller: Seller): readonly string[] {
  const address = /^0x[0-9a-fA-F]{40}$/
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [seller.name.trim() !== '', 'seller.name must not be empty'],
    [isBaseUrl(seller.publicUrl), 'seller.publicUrl must be an http(s) address without a query'],
    [address.test(seller.payTo), 'seller.payTo must be an address'],
    [address.test(seller.token.address), 'seller.token.address must be an address'],
    [seller.token.name !== '', 'seller.token.name must be the name in the EIP-712 domain'],
    [seller.token.version !== '', 'seller.token.version must be the version in the EIP-712 domain'],
    [isUrlIfGiven(seller.explorerUrl), 'seller.explorerUrl must be an http(s) address'],
    [isUrlIfGiven(seller.docsUrl), 'seller.docsUrl must be an http(s) address'],
  ]
  return [
    ...rules.filter(([holds]) => !holds).map(([, problem]) => problem),
    ...judgeRange('seller.chainId', seller.chainId, 1, Number.MAX_SAFE_INTEGER),
    ...judgeRange('seller.token.decimals', seller.token.decimals, 0, 77),
  ]
}

/** What is wrong with a number of an option, as a sentence for CONFIG_INVALID. */
export function judgeRange(
  name: string,
  value: number,
  min: number,
  max: number,
): readonly string[] {
  const fits = Number.isSafeInteger(value) && value >= min && value <= max
  return fits ? [] : [`${name} must be a whole number from ${min} to ${max}`]
}

function isBaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  const web = protocol === 'https:' || protocol === 'http:'
  return web && [username, password, search, hash].every((part) => part === '')
}

function isUrlIfGiven(text: string | undefined): boolean {
  return text === undefined || isBaseUrl(text)
}
