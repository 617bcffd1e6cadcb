import type { Address, Hash } from '@key0/core'
import { numberToHex, padHex, toEventSelector, toHex } from 'viem'
import type { ChainCase } from './openChainCase.ts'

const used = toEventSelector('AuthorizationUsed(address,bytes32)')
const transfer = toEventSelector('Transfer(address,address,uint256)')

type Claim = {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly nonce: Hash
}

/**
 * The node keeps what it is sent for itself, and says of every transaction that it is mined and
 * moved the money that is on its way: a payment, or its refund once that is begun.
 */
export async function forgeReceipts(scene: ChainCase): Promise<void> {
  const { rpc, sandbox, shop } = scene
  const number = numberToHex(await sandbox.blockNumber())
  const block = await readBlock(sandbox.rpcUrl, number)
  const [before] = await shop.records()
  const lost: Hash = `0x${'fa'.repeat(32)}`
  const makeLogs = ({ from, to, value, nonce }: Claim, hash: unknown): readonly object[] => {
    const place = { blockNumber: number, blockHash: block, transactionHash: hash }
    const log = { address: sandbox.usdc.address, ...place, transactionIndex: '0x0', removed: false }
    const moved = [transfer, padHex(from), padHex(to)]
    return [
      { ...log, topics: [used, padHex(from), nonce], data: '0x', logIndex: '0x0' },
      { ...log, topics: moved, data: toHex(value, { size: 32 }), logIndex: '0x1' },
    ]
  }
  rpc.add([
    { method: 'eth_sendRawTransaction', effect: { kind: 'answer', result: () => lost } },
    {
      method: 'eth_getTransactionReceipt',
      // Of a payment that is long done it says what is so: a refund would not be begun otherwise.
      when: ([hash]) => hash !== before?.txHash,
      effect: {
        kind: 'answer',
        result: async ({ params: [hash] }) => {
          const [record] = await shop.records()
          const claim = record?.refund ?? record?.intent?.authorization
          if (!claim) return null
          const logs = makeLogs(claim, hash)
          const place = { blockNumber: number, blockHash: block, transactionIndex: '0x0' }
          return { transactionHash: hash, status: '0x1', type: '0x2', ...place, logs }
        },
      },
    },
  ])
}

async function readBlock(url: string, number: string): Promise<Hash> {
  const body = { jsonrpc: '2.0', id: 1, method: 'eth_getBlockByNumber', params: [number, false] }
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return ((await response.json()) as { result: { hash: Hash } }).result.hash
}
