import { type Address, type Hex, keccak256, toBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { SandboxError } from './SandboxError.ts'

/** The wallets that every sandbox has. */
export type DefaultWalletName = 'seller' | 'buyer' | 'buyer2' | 'stranger' | 'gas' | 'gas2'

export const defaultWalletNames: readonly DefaultWalletName[] = [
  'seller',
  'buyer',
  'buyer2',
  'stranger',
  'gas',
  'gas2',
]

/** A named key. It is worth nothing outside a sandbox: anybody can derive it from its name. */
export type SandboxWallet<name extends string = string> = {
  readonly name: name
  readonly address: Address
  readonly privateKey: Hex
}

/** Every wallet of a sandbox by name. */
export type SandboxWallets<extra extends string = never> = {
  readonly [name in DefaultWalletName | extra]: SandboxWallet<name>
}

/**
 * Derives the wallet of a name: the private key is `keccak256("key0-sandbox/v1/wallet/" + name)`.
 * The same name gives the same wallet in every process, so that a shop and its tests agree on
 * addresses without exchanging them. None of anvil's well-known keys is among them.
 *
 * @throws {SandboxError} `bad_option` when the name has other characters than letters, digits,
 * `-` and `_`, or more than 64 of them.
 */
export function deriveWallet<name extends string>(name: name): SandboxWallet<name> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new SandboxError(
      'bad_option',
      `wallet name ${JSON.stringify(name)}: expected 1 to 64 letters, digits, "-" or "_"`,
    )
  }
  return derive(`wallet/${name}`, name)
}

/** An account that plays a part in the USDC contract's administration. */
export type RoleName =
  | 'proxyAdmin'
  | 'owner'
  | 'masterMinter'
  | 'minter'
  | 'pauser'
  | 'blacklister'
  | 'faucet'

/** Roles have their own label, so no wallet name can collide with one. */
export const roleAddress = (role: RoleName): Address => derive(`role/${role}`, role).address

export const deriveWallets = <extra extends string>(
  extra: readonly extra[],
): SandboxWallets<extra> =>
  Object.fromEntries(
    [...defaultWalletNames, ...extra].map((name) => [name, deriveWallet(name)]),
  ) as SandboxWallets<extra>

function derive<name extends string>(label: string, name: name): SandboxWallet<name> {
  const privateKey = keccak256(toBytes(`key0-sandbox/v1/${label}`))
  return { name, address: privateKeyToAccount(privateKey).address, privateKey }
}
