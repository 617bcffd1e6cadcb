import { type Address, getAddress, isAddress } from 'viem'
import { SandboxError } from '../SandboxError.ts'

/** Where USDC lives on a chain and under which EIP-712 domain buyers sign for it. */
export type Usdc = {
  readonly address: Address
  readonly symbol: 'USDC'
  readonly decimals: 6
  /** The EIP-712 domain. The name differs between chains: a signature under the wrong one fails. */
  readonly domain: {
    readonly name: string
    readonly version: '2'
    readonly chainId: number
    readonly verifyingContract: Address
  }
}

/** The USDC of a chain that the sandbox does not know. */
export type UsdcPlace = {
  readonly address: Address
  /** The contract's `name()`, which is also its EIP-712 domain name. */
  readonly name: string
}

// Circle, "USDC contract addresses"; names as the live contracts answer `name()`.
const places: Readonly<Record<number, UsdcPlace>> = {
  8453: { address: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', name: 'USD Coin' },
  84532: { address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e', name: 'USDC' },
}

/**
 * Describes the USDC of a chain.
 *
 * @throws {SandboxError} `usdc_unknown` for a chain without a known USDC when no place is given;
 * `bad_option` when the place is not an address and a name.
 */
export function describeUsdc(chainId: number, place?: UsdcPlace): Usdc {
  const { address, name } = place ?? places[chainId] ?? {}
  if (address === undefined || name === undefined) {
    throw new SandboxError(
      'usdc_unknown',
      `no USDC address is known for chain ${chainId} (known: ${Object.keys(places).join(', ')}): ` +
        'pass usdc: { address, name }',
    )
  }
  if (!isAddress(address) || name === '') {
    throw new SandboxError('bad_option', 'usdc: expected { address: "0x…20 bytes", name: "USDC" }')
  }
  const verifyingContract = getAddress(address)
  return {
    address: verifyingContract,
    symbol: 'USDC',
    decimals: 6,
    domain: { name, version: '2', chainId, verifyingContract },
  }
}
