import { z } from 'zod'
import { expectedNetwork, isNetwork, type Network } from '../Network.ts'

/** Bytes in hexadecimal with `0x` in front. */
export type Hex = `0x${string}`

/** Twenty bytes in hexadecimal, in any case: the case is a checksum, not part of the address. */
export type Address = Hex

type Optional<T> = z.ZodOptional<z.ZodNullable<z.ZodType<T>>>

/**
 * One schema a field of `T`, optional exactly where `T` says so. It is how the hand-written types
 * and their schemas are kept equal: a missing, surplus or wrongly typed row does not compile.
 */
type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : z.ZodType<T[K]>
}

/**
 * A schema for a JSON object. Keys it does not know are dropped. `null` for an optional field
 * counts as its absence, because serializers of several languages write it that way.
 */
export function object<T extends object>(fields: Fields<T>): z.ZodType<T> {
  const known = z.object(fields as z.ZodRawShape, { error: 'an object' })
  return known.transform(dropAbsent) as z.ZodType<unknown> as z.ZodType<T>
}

const dropAbsent = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field != null))

const text = (pattern: RegExp, expected: string): z.ZodType<string> =>
  z.string({ error: expected }).regex(pattern, { error: expected })

const hex = (pattern: RegExp, expected: string): z.ZodType<Hex> =>
  text(pattern, expected) as z.ZodType<Hex>

const maxUint256 = 2n ** 256n - 1n
const expectedUint = 'a decimal integer string from 0 to 2^256-1, without sign or leading zeros'

/** A `uint256` as the wire writes it. `BigInt` alone would also take hex, spaces and nothing. */
export const uint256: z.ZodType<string> = text(/^(?:0|[1-9]\d{0,77})$/, expectedUint).refine(
  (digits) => /^\d{1,78}$/.test(digits) && BigInt(digits) <= maxUint256,
  { error: expectedUint },
)

export const address: z.ZodType<Address> = hex(
  /^0x[0-9a-fA-F]{40}$/,
  'an address, 0x and 40 hex digits',
)
export const bytes32: z.ZodType<Hex> = hex(/^0x[0-9a-fA-F]{64}$/, '0x and 64 hex digits')

/**
 * 65 bytes from a key; more from a contract wallet (ERC-1271, or ERC-6492 with its deployment).
 * 4096 bytes hold every known wallet's and keep one payment from filling a disk.
 */
export const signature: z.ZodType<Hex> = hex(
  /^0x(?:[0-9a-fA-F]{2}){1,4096}$/,
  'a signature, 0x and whole bytes in hex, at most 4096 of them',
)

export const network: z.ZodType<Network> = z.custom<Network>(isNetwork, { error: expectedNetwork })

export const string: z.ZodType<string> = z.string({ error: 'a string' })
export const filled: z.ZodType<string> = text(/./su, 'a string that is not empty')
export const label: z.ZodType<string> = text(
  /^[\x20-\x7e]{1,32}$/,
  '1 to 32 printable ASCII characters',
)
export const boolean: z.ZodType<boolean> = z.boolean({ error: 'true or false' })
export const positiveInteger: z.ZodType<number> = z
  .int({ error: 'a positive integer' })
  .positive({ error: 'a positive integer' })

/** The two protocol versions. */
export const version: z.ZodType<2> = z.literal(2, { error: 'the number 2' })
export const version1: z.ZodType<1> = z.literal(1, { error: 'the number 1' })

/** A place where the specification lets anyone add fields; they are kept as they came. */
export const open: z.ZodType<Readonly<Record<string, unknown>>> = z.record(
  z.string(),
  z.unknown(),
  { error: 'an object' },
)
