import { type Hex, hexToBigInt, numberToHex } from 'viem'
import { isStalled, type Rpc } from '../Rpc.ts'
import { SandboxError } from '../SandboxError.ts'
import { roleAddress } from '../Wallet.ts'

/** Blocks, time and history. Everything is done through the node, so other processes see it. */
export type ChainControl = {
  readonly blockNumber: () => Promise<bigint>
  /** The latest block's time in Unix seconds. */
  readonly timestamp: () => Promise<bigint>
  /** Makes blocks at once; the first takes up what waits in the pool. Default 1. */
  readonly mine: (blocks?: number) => Promise<void>
  /** On: every transaction gets its own block at once. Off: blocks come only from `mine`. */
  readonly setAutomine: (isOn: boolean) => Promise<void>
  /** A block every so many seconds, instead of one for each transaction. */
  readonly intervalMining: (seconds: number) => Promise<void>
  /** Stops making blocks: transactions are accepted and wait. */
  readonly stallBlocks: () => Promise<void>
  /** Goes back to what was before the stall, and mines what waited. */
  readonly resumeBlocks: () => Promise<void>
  /** Moves the chain's clock to an instant in Unix seconds, and mines a block unless stalled. */
  readonly setTime: (unixSeconds: bigint) => Promise<void>
  /** Moves the chain's clock forward, and mines a block unless stalled. */
  readonly increaseTime: (seconds: number) => Promise<void>
  /** Sets the next block's base fee, in wei for each unit of gas. */
  readonly setNextBaseFee: (wei: bigint) => Promise<void>
  /**
   * Replaces the last `depth` blocks by as many others with other hashes. Their transactions are
   * gone from the chain and from the pool; those in `keep` are mined again, in the first new block.
   * The contract and the first funding are never undone.
   */
  readonly reorg: (depth: number, options?: { readonly keep?: readonly Hex[] }) => Promise<void>
  /** Throws a waiting transaction out of the pool; false when it was not waiting. */
  readonly dropTransaction: (hash: Hex) => Promise<boolean>
  /** Remembers the whole state; see `revert`. */
  readonly snapshot: () => Promise<Hex>
  /** Goes back to a snapshot, which is used up by it. */
  readonly revert: (snapshot: Hex) => Promise<void>
}

export function createChainControl(rpc: Rpc): ChainControl {
  const mining = createMining(rpc)
  const nextBlock = async (): Promise<void> => {
    if (!(await isStalled(rpc))) await mining.mine()
  }
  return {
    ...mining,
    blockNumber: async () => await readBlockNumber(rpc),
    timestamp: async () => {
      const block = await rpc.request<{ timestamp: Hex }>('eth_getBlockByNumber', ['latest', false])
      return hexToBigInt(block.timestamp)
    },
    setTime: async (unixSeconds) => {
      await rpc.request('evm_setNextBlockTimestamp', [numberToHex(unixSeconds)])
      await nextBlock()
    },
    increaseTime: async (seconds) => {
      checkCount('seconds', seconds, 0)
      await rpc.request('evm_increaseTime', [numberToHex(seconds)])
      await nextBlock()
    },
    setNextBaseFee: async (wei) => {
      await rpc.request('anvil_setNextBlockBaseFeePerGas', [numberToHex(wei)])
    },
    reorg: async (depth, { keep = [] } = {}) => await reorg(rpc, depth, keep),
    dropTransaction: async (hash) =>
      (await rpc.request<Hex | null>('anvil_dropTransaction', [hash])) !== null,
    snapshot: async () => await rpc.request<Hex>('evm_snapshot'),
    revert: async (snapshot) => {
      if (!(await rpc.request<boolean>('evm_revert', [snapshot]))) {
        throw new SandboxError(
          'snapshot_unknown',
          `there is no snapshot ${snapshot}: a revert uses up its snapshot and all later ones`,
        )
      }
    },
  }
}

type Mining = Pick<
  ChainControl,
  'mine' | 'setAutomine' | 'intervalMining' | 'stallBlocks' | 'resumeBlocks'
>

function createMining(rpc: Rpc): Mining {
  let intervalBeforeStall: number | null = null
  const mine: Mining['mine'] = async (blocks = 1) => {
    checkCount('blocks', blocks, 1)
    await rpc.request('anvil_mine', [numberToHex(blocks)])
  }
  const setAutomine: Mining['setAutomine'] = async (isOn) => {
    await rpc.request('evm_setIntervalMining', [0])
    await rpc.request('evm_setAutomine', [isOn])
  }
  const intervalMining: Mining['intervalMining'] = async (seconds) => {
    checkCount('seconds', seconds, 1)
    await rpc.request('evm_setIntervalMining', [seconds])
  }
  return {
    mine,
    setAutomine,
    intervalMining,
    stallBlocks: async () => {
      if (await isStalled(rpc)) return
      intervalBeforeStall = await rpc.request<number | null>('anvil_getIntervalMining')
      await setAutomine(false)
    },
    resumeBlocks: async () => {
      if (!(await isStalled(rpc))) return
      if (intervalBeforeStall) await intervalMining(intervalBeforeStall)
      else await setAutomine(true)
      // With a block time, what waited would otherwise wait for another interval.
      const { pending } = await rpc.request<{ pending: Hex }>('txpool_status')
      if (hexToBigInt(pending) > 0n) await mine()
    },
  }
}

async function reorg(rpc: Rpc, depth: number, keep: readonly Hex[]): Promise<void> {
  checkCount('depth', depth, 1)
  const last = (await readBlockNumber(rpc)) - BigInt(depth)
  if (last < 0n || !(await isSetUpAt(rpc, last))) {
    throw new SandboxError(
      'reorg_too_deep',
      `a reorg of ${depth} blocks would undo the USDC contract: mine(${depth}) first`,
    )
  }
  const raw: [Hex, number][] = []
  for (const hash of keep) {
    const transaction = await rpc.request<Hex | null>('eth_getRawTransactionByHash', [hash])
    if (transaction === null) {
      throw new SandboxError('bad_option', `keep: the chain has no transaction ${hash}`)
    }
    raw.push([transaction, 0])
  }
  await rpc.request('anvil_reorg', [depth, raw])
}

async function readBlockNumber(rpc: Rpc): Promise<bigint> {
  return hexToBigInt(await rpc.request<Hex>('eth_blockNumber'))
}

/** The owner sends one transaction in its life, as the last step of the setup: the seal. */
export async function isSetUpAt(rpc: Rpc, block: bigint): Promise<boolean> {
  const args = [roleAddress('owner'), numberToHex(block)]
  return hexToBigInt(await rpc.request<Hex>('eth_getTransactionCount', args)) > 0n
}

function checkCount(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new SandboxError('bad_option', `${field}: expected a whole number, ${least} or more`)
  }
}
