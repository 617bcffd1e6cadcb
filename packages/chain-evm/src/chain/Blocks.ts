import type { Clock, Finality, Hash, Hex } from '@key0/core'
import { hexToBigInt, numberToHex } from 'viem'
import type { Rpc, RpcRequest } from '../rpc/Rpc.ts'
import { RpcError } from '../rpc/RpcError.ts'
import type { Block } from './EvmChain.ts'

/** Reads blocks and remembers the highest. Every method throws what `Rpc.request` throws. */
export type Blocks = {
  /**
   * The latest block. A node that lags behind what was seen before does not take us back; only a
   * chain that stays lower for half a minute really became shorter.
   */
  readonly latest: () => Promise<Block>
  /** What `latest` answered last. */
  readonly last: () => Block
  /** The block of a tag. A node that does not know the tag throws: nothing is guessed for it. */
  readonly at: (finality: Finality) => Promise<Block>
  /** The canonical block of this height, or `undefined`. */
  readonly byNumber: (number: bigint) => Promise<Block | undefined>
}

const shorterAfterMs = 30_000

type RawBlock = {
  readonly number: Hex
  readonly hash: Hash
  readonly timestamp: Hex
  readonly baseFeePerGas?: Hex
}

/** The block of a tag or a height (in hex), or `undefined`, as one node says right now. */
export async function readBlock(
  request: RpcRequest,
  which: string,
): Promise<Omit<Block, 'readAtMs'> | undefined> {
  const raw = await request<RawBlock | null>('eth_getBlockByNumber', [which, false])
  if (!raw) return undefined
  return {
    number: hexToBigInt(raw.number),
    hash: raw.hash,
    time: hexToBigInt(raw.timestamp),
    baseFeePerGas: raw.baseFeePerGas ? hexToBigInt(raw.baseFeePerGas) : 0n,
  }
}

export async function createBlocks(rpc: Rpc, clock: Clock): Promise<Blocks> {
  const inFlight = new Map<string, Promise<Block | undefined>>()
  /** Many payments of one block ask for it together: one question serves them. */
  const read = async (which: string): Promise<Block | undefined> => {
    const reading = inFlight.get(which) ?? readNow(which).finally(() => inFlight.delete(which))
    inFlight.set(which, reading)
    return await reading
  }
  const readNow = async (which: string): Promise<Block | undefined> => {
    const block = await readBlock(rpc.request, which)
    return block && { ...block, readAtMs: clock.nowMs() }
  }
  const readTag = async (tag: Finality): Promise<Block> => {
    const block = await read(tag)
    if (!block) throw new RpcError(-32_001, `the node knows no ${tag} block`)
    return block
  }
  let highest = await readTag('latest')

  const latest = async (): Promise<Block> => {
    const block = await readTag('latest')
    const isLower = block.number < highest.number
    if (!isLower || block.readAtMs - highest.readAtMs > shorterAfterMs) highest = block
    return highest
  }
  return {
    latest,
    last: () => highest,
    at: async (finality) => (finality === 'latest' ? await latest() : await readTag(finality)),
    byNumber: async (number) => await read(numberToHex(number)),
  }
}
