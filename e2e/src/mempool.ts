import type { Hash, Hex } from '@key0/core'
import type { Sandbox, SignedTransferAuthorization } from '@key0/sandbox'
import {
  concatHex,
  createPublicClient,
  createWalletClient,
  decodeFunctionData,
  encodeFunctionData,
  http,
  numberToHex,
  parseAbi,
  size,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { newWallet } from './startShop.ts'

const abi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
])

type Seen = Pick<SignedTransferAuthorization, 'authorization' | 'signature'>

/** What anybody can read of a payment once its carrier is public: the whole authorization. */
export async function readCarrier(sandbox: Sandbox, hash: Hash): Promise<Seen> {
  const client = createPublicClient({ transport: http(sandbox.rpcUrl) })
  const { input } = await client.getTransaction({ hash })
  const { args } = decodeFunctionData({ abi, data: input })
  const [from, to, value, validAfter, validBefore, nonce] = args
  const authorization = { from, to, value, validAfter, validBefore, nonce }
  if (args.length === 7) return { authorization, signature: args[6] }
  const [, , , , , , v, r, s] = args
  return { authorization, signature: concatHex([r, s, numberToHex(v, { size: 1 })]) }
}

/** The hashes of what waits in the pool. */
export async function readPool(sandbox: Sandbox): Promise<readonly Hash[]> {
  const response = await fetch(sandbox.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'txpool_content', params: [] }),
  })
  const { result } = (await response.json()) as {
    result: { pending: Record<string, Record<string, { hash: Hash }>> }
  }
  return Object.values(result.pending).flatMap((byNonce) =>
    Object.values(byNonce).map(({ hash }) => hash),
  )
}

/**
 * Brings several authorizations to the chain in one transaction, as a batching facilitator does:
 * a contract whose constructor calls the token once for each.
 */
export async function submitTogether(
  sandbox: Sandbox,
  payments: readonly SignedTransferAuthorization[],
): Promise<Hash> {
  const { privateKey } = await newWallet(sandbox, { eth: 10n ** 18n })
  const wallet = createWalletClient({
    account: privateKeyToAccount(privateKey),
    chain: sandbox.chain,
    transport: http(sandbox.rpcUrl),
  })
  const data = payments.map(({ authorization: it, signature }) =>
    encodeFunctionData({
      abi,
      functionName: 'transferWithAuthorization',
      args: [it.from, it.to, it.value, it.validAfter, it.validBefore, it.nonce, signature],
    }),
  )
  // An estimate would be too low: calls that run out of gas inside do not fail the whole.
  const gas = 1_000_000n
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n }
  const batch = makeBatch(sandbox.usdc.address, data)
  const hash = await wallet.sendTransaction({ data: batch, gas, ...fees })
  const client = createPublicClient({ transport: http(sandbox.rpcUrl) })
  const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 })
  if (status !== 'success') throw new Error('the batch reverted')
  return hash
}

/** Init code: for each call CODECOPY its data to memory, CALL the token, drop the flag; STOP. */
function makeBatch(token: Hex, calls: readonly Hex[]): Hex {
  const stepSize = 3 + 3 + 2 + 1 + 2 + 2 + 3 + 2 + 2 + 21 + 1 + 1 + 1
  let offset = stepSize * calls.length + 1
  const steps = calls.map((data) => {
    const push2 = (value: number): Hex => concatHex(['0x61', numberToHex(value, { size: 2 })])
    const zero: Hex = '0x6000'
    const step = concatHex([
      ...[push2(size(data)), push2(offset), zero, '0x39' as const],
      ...[zero, zero, push2(size(data)), zero, zero],
      ...['0x73' as const, token, '0x5a' as const, '0xf1' as const, '0x50' as const],
    ])
    offset += size(data)
    return step
  })
  return concatHex([...steps, '0x00', ...calls])
}
