import type { Hex, RefundCaps } from '@key0/core'
import type { Reader } from './Reader.ts'
import { type CapSetting, readCaps } from './readCaps.ts'

export type RefundConfig = {
  /** Of the wallets that were paid. None: the schedule runs, and says that it skips. */
  readonly walletPrivateKeys: readonly Hex[]
  readonly intervalMs: number
  readonly minAgeMs: number
  readonly batchSize: number
  /** Where accounts begin when the store does not know; absent: at the newest block. */
  readonly accountFromBlock?: bigint
  /** What is beyond is held. Absent: all that is owed goes back by itself. */
  readonly caps?: RefundCaps
}

type RefundSetting =
  | 'walletPrivateKey'
  | 'refundIntervalMs'
  | 'refundMinAgeMs'
  | 'refundBatchSize'
  | 'accountFromBlock'
  | CapSetting

/** When and from which wallets money goes back. */
export function readRefunds(read: Reader<RefundSetting>): RefundConfig {
  const caps = readCaps(read)
  return {
    walletPrivateKeys: read.privateKeys('walletPrivateKey'),
    intervalMs: read.int('refundIntervalMs', 60_000, { min: 100, max: 86_400_000 }),
    minAgeMs: read.int('refundMinAgeMs', 300_000, { min: 0, max: 604_800_000 }),
    batchSize: read.int('refundBatchSize', 50, { min: 1, max: 1_000 }),
    ...(read.has('accountFromBlock') && {
      accountFromBlock: BigInt(read.int('accountFromBlock', 1, { min: 1, max: 1e15 - 1 })),
    }),
    ...(caps && { caps }),
  }
}
