import { type Address, formatUnits, getAddress, isAddress } from 'viem'
import { SandboxError } from '../SandboxError.ts'
import { deriveWallet } from '../Wallet.ts'

/** Reads an address, or the name of a wallet. */
export function readAddress(field: string, text: string): Address {
  if (isAddress(text, { strict: false })) return getAddress(text)
  if (text.startsWith('0x')) {
    throw new SandboxError('bad_option', `${field}: expected an address of 20 bytes or a name`)
  }
  return deriveWallet(text).address
}

/** Reads a decimal amount exactly; a digit too many is an error, not a rounding. */
export function readAmount(field: string, text: string, decimals: number): bigint {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const fraction = match?.[2] ?? ''
  if (!match || fraction.length > decimals) {
    throw new SandboxError(
      'bad_option',
      `${field}: expected a decimal such as 12.50 with at most ${decimals} decimals, got "${text}"`,
    )
  }
  return BigInt(`${match[1]}${fraction.padEnd(decimals, '0')}`)
}

export function readCount(field: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new SandboxError('bad_option', `${field}: expected a whole number, got "${text}"`)
  }
  return Number(text)
}

export function readHex(field: string, text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]+$/.test(text)) {
    throw new SandboxError('bad_option', `${field}: expected 0x and hexadecimal digits`)
  }
  return text as `0x${string}`
}

export const formatUsdc = (units: bigint): string => `${formatUnits(units, 6)} USDC`
export const formatEth = (wei: bigint): string => `${formatUnits(wei, 18)} ETH`

/** JSON with amounts as decimal strings, because a JSON number cannot hold them. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))
