import type { Address, Hash, Hex } from './hex.ts'

/**
 * One attempt to bring an authorization to the chain, persisted before it leaves the process.
 * A restart broadcasts `rawTransaction` again instead of guessing whether it was sent.
 */
export type Submission =
  | {
      readonly via: 'gas-wallet'
      readonly sender: Address
      readonly gasNonce: number
      readonly txHash: Hash
      readonly rawTransaction: Hex
      readonly atMs: number
    }
  | {
      readonly via: 'facilitator'
      readonly url: string
      /** Known only once the facilitator has answered. */
      readonly txHash?: Hash
      readonly atMs: number
    }
