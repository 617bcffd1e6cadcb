import type { ChallengeFields, ChallengeRecord, Hash } from '@key0/core'
import { decodeRecord, type EncodedRecord, encodeRecord } from '@key0/core/local'
import { SPECIFIED_SCOPE } from './keys.ts'

/** USDC by chain: older deployments sold in it alone and did not store the contract. */
const usdc: Readonly<Record<string, string>> = {
  '8453': '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
  '84532': '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
}
const nobody = `0x${'0'.repeat(40)}`

type Fields = { readonly [name in keyof ChallengeFields]?: ChallengeFields[name] | undefined }

/** Fields as a script takes them. */
export type FieldArguments = {
  /** Name, value, name, value. */
  readonly pairs: readonly string[]
  /** Every name, with commas. */
  readonly wrote: string
  /** The names that are taken away, with commas. */
  readonly removed: string
}

/** Writes the fields of a move as a record's hash holds them. */
export function encodeFields(fields: Fields): FieldArguments {
  const names = Object.keys(fields)
  // The codec encodes whole records; these two fields only let it, and are dropped again.
  const whole = { amountRaw: 1n, state: 'PENDING', ...fields } as ChallengeRecord
  const { amountRaw: _, state: __, ...encoded } = encodeRecord(whole)
  const removed = names.filter((name) => fields[name as keyof Fields] === undefined)
  return {
    pairs: Object.entries(encoded).flat(),
    wrote: names.join(','),
    removed: removed.join(','),
  }
}

/**
 * Writes a new challenge as its hash holds it: without what `defaultsOf` says until it moves,
 * because many are never paid, and without `updatedAt`, because the script says when it wrote.
 */
export function encodeBorn(record: ChallengeRecord): readonly string[] {
  const { updatedAt: _, version: __, schemaVersion: ___, ...encoded } = encodeRecord(record)
  return Object.entries(encoded)
    .filter(([name, value]) => name !== 'scope' || value !== SPECIFIED_SCOPE)
    .flat()
}

/** Reads a record from its hash, also one that an older deployment wrote. */
export function decodeStored(stored: EncodedRecord): ChallengeRecord {
  const isWhole = stored.scope !== undefined && stored.schemaVersion !== undefined
  return decodeRecord(isWhole ? stored : { ...defaultsOf(stored), ...stored })
}

/** The same from what scripts answer; see `toText` in `ops/includes/records.lua`. */
export function decodeText(text: string): ChallengeRecord {
  return decodeStored(JSON.parse(text) as EncodedRecord)
}

/** What an older record did not say, or a new one did not need to. Its payment is known by its plain transaction hash. */
function defaultsOf(stored: EncodedRecord): EncodedRecord {
  const { createdAt = '', paidAt, deliveredAt, refundedAt, txHash, token } = stored
  // Ours all say their token, and their payment themselves.
  const payment = token === undefined ? (txHash as Hash | undefined)?.toLowerCase() : undefined
  return {
    scope: SPECIFIED_SCOPE,
    token: usdc[stored.chainId ?? ''] ?? nobody,
    version: '1',
    schemaVersion: '1',
    updatedAt: refundedAt ?? deliveredAt ?? paidAt ?? createdAt,
    ...(payment !== undefined && { paymentRef: payment }),
  }
}
