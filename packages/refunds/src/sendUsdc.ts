import {
  createEvmChain,
  createPayout,
  createSender,
  type EvmChain,
  keyNonce,
} from '@key0/chain-evm'
import {
  type Address,
  type AuthorizationQuery,
  type Finality,
  type Hash,
  type Hex,
  Key0Error,
  type Payout,
  type Sighting,
} from '@key0/core'

export type SendUsdcOptions = {
  readonly to: Address
  /** In the token's smallest unit, more than 0. */
  readonly amount: bigint
  /** Names this payment, 1 to 200 characters: the same key again pays nothing more. */
  readonly key: string
  readonly walletPrivateKey: Hex
  readonly network: 'mainnet' | 'testnet'
  /** Default: the network's public endpoints, which are rate limited. */
  readonly rpcUrl?: string | readonly string[]
  /** Pays for the transaction; default: the wallet itself. */
  readonly gasWalletPrivateKey?: Hex
  readonly finality?: Finality
  /** How long the call waits for the chain; default 30000 ms. */
  readonly waitMs?: number
  /** Where to look for an earlier call with this key; default: a week ago. */
  readonly sinceBlock?: bigint
  /** A chain connected already; then `rpcUrl` is not used. */
  readonly chain?: EvmChain
}

/** `pending`: call again with the same key. It was not paid twice, and must not be paid by hand. */
export type SentUsdc =
  | { readonly success: true; readonly txHash: Hash; readonly amount: bigint; readonly to: Address }
  | { readonly success: false; readonly pending: true; readonly error: string }

const WEEK_MS = 604_800_000
const VALID_SECONDS = 3_600n

/**
 * Sends USDC from a wallet, once for each key, however often and from wherever it is called: the
 * key decides the authorization's nonce, and the token executes a nonce once. It needs no store. For
 * goodwill and corrections; a challenge's money goes back by `processRefunds` or `key0 refund`.
 *
 * @throws REQUEST_MALFORMED, MONEY_INVALID, CONFIG_INVALID for the options; REQUEST_CONFLICT when the
 * key paid something else; REFUND_BLOCKED when something stands against it, and nothing was sent;
 * CHAIN_MISMATCH, CHAIN_UNREACHABLE, SIGNER_REFUSED.
 */
export async function sendUsdc(options: SendUsdcOptions): Promise<SentUsdc> {
  assertOptions(options)
  const { network, rpcUrl, walletPrivateKey } = options
  const chain =
    options.chain ?? (await createEvmChain({ network, ...(rpcUrl && { rpcUrls: rpcUrl }) }))
  try {
    const gas = options.gasWalletPrivateKey
    const carriers = gas ? [createSender({ chain, privateKey: gas })] : []
    return await send(options, chain, createPayout({ chain, keys: [walletPrivateKey], carriers }))
  } finally {
    if (chain !== options.chain) chain.close()
  }
}

async function send(options: SendUsdcOptions, chain: EvmChain, payout: Payout): Promise<SentUsdc> {
  const { to, amount: value, key, waitMs = 30_000 } = options
  const token = chain.token.address
  const [from] = payout.payees
  if (!from) throw new Key0Error('CONFIG_INVALID', { facts: { walletPrivateKey: 'must be given' } })
  const head = await chain.head()
  const terms = { from, to, value, nonce: keyNonce({ chainId: chain.chainId, token, key }) }
  const validBefore = head.time + VALID_SECONDS
  const week = BigInt(Math.ceil(WEEK_MS / chain.row.blockTimeMs))
  const begin = head.number > week ? head.number - week : 0n
  const query: AuthorizationQuery = {
    ...{ ...terms, token, validBefore, sinceBlock: options.sinceBlock ?? begin },
    finality: options.finality ?? (chain.row.testnet ? 'latest' : 'finalized'),
  }
  const before = await chain.observe(query)
  if (before.kind !== 'unused') return conclude(options, before)
  const obstacle = await payout.findObstacle({ token, from, to, value })
  if (obstacle) throw new Key0Error('REFUND_BLOCKED', { facts: { reason: obstacle.reason } })
  const unsigned = { ...terms, validAfter: 0n, validBefore }
  const authorization = { ...unsigned, signature: await payout.sign(token, unsigned) }
  // Nothing has to be kept: signed anew under the same nonce, it is the same payment.
  await payout.carry({ token, authorization, previous: [] }, async () => {})
  return conclude(options, await chain.observe({ ...query, waitMs }))
}

function conclude({ to, amount }: SendUsdcOptions, sighting: Sighting): SentUsdc {
  switch (sighting.kind) {
    case 'confirmed':
      return { success: true, txHash: sighting.evidence.txHash, amount, to }
    case 'mismatch':
      throw new Key0Error('REQUEST_CONFLICT', {
        facts: { key: 'paid something else', ...sighting.facts },
      })
    case 'dead':
      throw new Key0Error('REQUEST_CONFLICT', { facts: { key: `its nonce is ${sighting.cause}` } })
    case 'seen':
      return { success: false, pending: true, error: 'mined, not final yet' }
    case 'unused':
    case 'absent':
      return { success: false, pending: true, error: 'sent, not mined yet' }
    case 'unreachable':
      return { success: false, pending: true, error: 'the chain could not be asked' }
  }
}

function assertOptions(options: SendUsdcOptions): void {
  const { to, amount, key, walletPrivateKey, network, chain } = options
  const malformed = (field: string, expected: string): Key0Error =>
    new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
  if (!/^0x[0-9a-fA-F]{40}$/.test(to)) throw malformed('to', 'an address: 0x and 40 hex digits')
  if (typeof key !== 'string' || key.length < 1 || key.length > 200)
    throw malformed('key', '1 to 200 characters')
  if (typeof amount !== 'bigint' || amount <= 0n)
    throw new Key0Error('MONEY_INVALID', { facts: { expected: 'a bigint, more than zero' } })
  if (network !== 'mainnet' && network !== 'testnet')
    throw new Key0Error('CONFIG_INVALID', { facts: { network: 'must be "mainnet" or "testnet"' } })
  if (chain && chain.row.testnet !== (network === 'testnet'))
    throw new Key0Error('CONFIG_INVALID', {
      facts: { network: `is "${network}", but the chain connected is ${chain.row.title}` },
    })
  if (!/^0x[0-9a-fA-F]{64}$/.test(walletPrivateKey ?? ''))
    throw new Key0Error('CONFIG_INVALID', {
      facts: { walletPrivateKey: 'must be 0x and 64 hexadecimal digits' },
    })
}
