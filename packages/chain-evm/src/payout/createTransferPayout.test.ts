import { rpcFaults } from '@key0/sandbox'
import { parseTransaction } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createPlainRefund,
  type PlainRefund,
  type PlainRig,
  startPlainRig,
  toPlainRow,
} from '../../test/plainRig.ts'
import { askNode } from '../../test/rig.ts'
import { createEvmChain } from '../chain/createEvmChain.ts'
import { createPayout } from './createPayout.ts'
import { createTransferPayout } from './createTransferPayout.ts'

let rig: PlainRig
beforeAll(async () => {
  rig = await startPlainRig()
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

let made = 0
let refund: PlainRefund
let before = 0
beforeEach(async () => {
  rig.proxy.clear()
  made += 1
  refund = createPlainRefund(rig, 1_000n, `refund ${made}`)
  before = await countTransfers()
})

async function countTransfers(): Promise<number> {
  const { seller, buyer } = rig.sandbox.wallets
  return (await rig.token.transfers({ from: seller.address, to: buyer.address })).length
}

/** How many times the buyer was paid in this test. */
async function countPaid(): Promise<number> {
  return (await countTransfers()) - before
}

/** What was handed over may take a moment to be in a block. */
async function paidOnce(): Promise<void> {
  await expect.poll(countPaid, { timeout: 10_000 }).toBe(1)
}

const noncesOf = ({ carriers }: PlainRefund): readonly number[] =>
  carriers.flatMap((it) => (it.via === 'gas-wallet' ? it.gasNonce : []))

/** Lets the wallet's next gas nonce go to another transaction, which is a person's or a thief's. */
async function spendNextNonce(): Promise<void> {
  const { seller, stranger } = rig.sandbox.wallets
  await rig.token.transfer(seller.address, stranger.address, 1n)
}

test('a refund is one transfer, whose own transaction names the payment', async () => {
  expect(await refund.observe()).toEqual({ kind: 'unused' })
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  expect(await refund.observe()).toMatchObject({ kind: 'confirmed', evidence: { value: 1_000n } })
  await paidOnce()
})

test('what was persisted goes out again as it was, however often and from wherever', async () => {
  await rig.sandbox.stallBlocks()
  await refund.carry()
  for (const chain of [rig.chain, await rig.connect(), await rig.connect()]) {
    expect(await refund.carry(chain)).toMatchObject({ kind: 'submitted' })
  }
  await rig.sandbox.resumeBlocks()
  expect(refund.carriers).toHaveLength(1)
  expect(await refund.observe()).toMatchObject({ kind: 'confirmed' })
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  await paidOnce()
})

test('a process that died before it sent is replaced by one that sends the same', async () => {
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
  expect(await refund.carry()).toMatchObject({ kind: 'unknown' })
  rig.proxy.clear()
  expect(await countPaid()).toBe(0)
  expect(await refund.observe()).toEqual({ kind: 'unused' })
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  expect(refund.carriers).toHaveLength(1)
  await paidOnce()
})

test('a node that took it and whose answer was lost pays once', async () => {
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropAfter' } })
  expect(await refund.carry()).toMatchObject({ kind: 'unknown' })
  rig.proxy.clear()
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  expect(await refund.observe()).toMatchObject({ kind: 'confirmed' })
  await paidOnce()
})

test('a wallet that somebody else sends from too: the refund is signed in one gas nonce only', async () => {
  const chain = await rig.connect()
  await createPlainRefund(rig, 1n, `before ${made}`).carry(chain)
  await spendNextNonce()
  expect(await refund.carry(chain)).toMatchObject({ kind: 'unknown' })
  expect(refund.carriers).toHaveLength(1)
  expect(await refund.observe()).toEqual({ kind: 'unused' })
})

test('a journal that refuses lets nothing out, and the gas nonce serves the next one', async () => {
  const { seller, buyer } = rig.sandbox.wallets
  const payout = createTransferPayout({ chain: rig.chain, keys: [seller.privateKey] })
  const terms = {
    from: seller.address,
    to: buyer.address,
    value: 1n,
    nonce: `0x${'0a'.repeat(32)}`,
  }
  const signed = { ...terms, validAfter: 0n, validBefore: 1n, signature: '0x' } as const
  const request = { token: rig.token.address, authorization: signed, previous: [] } as const
  const refusing = payout.carry(request as never, async () => {
    throw new Error('another worker moved it')
  })
  await expect(refusing).rejects.toThrow('another worker moved it')
  expect(await countPaid()).toBe(0)
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  await paidOnce()
})

test('a fee that is too low is raised in the same gas nonce: whichever lands pays once', async () => {
  await rig.sandbox.stallBlocks()
  await refund.carry()
  const [first] = refund.carriers
  if (first?.via !== 'gas-wallet') throw new Error('nothing was sent')
  // As if it had been in the pool for a minute.
  refund.carriers[0] = { ...first, atMs: first.atMs - 60_000 }
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  expect(noncesOf(refund)).toEqual([first.gasNonce, first.gasNonce])
  const fees = refund.carriers.map((it) =>
    it.via === 'gas-wallet' ? (parseTransaction(it.rawTransaction).maxFeePerGas ?? 0n) : 0n,
  )
  expect(fees[1]).toBeGreaterThan(fees[0] ?? 0n)
  await rig.sandbox.resumeBlocks()
  expect(await refund.observe()).toMatchObject({ kind: 'confirmed' })
  await paidOnce()
})

describe('its gas nonce went to another transaction', () => {
  test('no second one is signed until that is final; then it is dead, and the next one pays', async () => {
    rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
    await refund.carry()
    rig.proxy.clear()
    await spendNextNonce()
    expect(await refund.observe()).toEqual({ kind: 'unused' })
    expect(await refund.carry()).toMatchObject({ kind: 'unknown' })
    expect(refund.carriers).toHaveLength(1)
    await rig.sandbox.mine(3)
    expect(await refund.observe()).toEqual({ kind: 'dead', cause: 'expired' })
    // What core does with one that is dead: nothing of it is sent again.
    refund.carriers.splice(0)
    expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
    expect(await refund.observe()).toMatchObject({ kind: 'confirmed' })
    await paidOnce()
  })

  test('a reorganisation that gives the nonce back finds the first one still alone', async () => {
    rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
    await refund.carry()
    rig.proxy.clear()
    await spendNextNonce()
    expect(await refund.carry()).toMatchObject({ kind: 'unknown' })
    await rig.sandbox.reorg(1)
    expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
    await rig.sandbox.mine(3)
    expect(await refund.observe()).toMatchObject({ kind: 'confirmed' })
    expect(refund.carriers).toHaveLength(1)
    await paidOnce()
  })

  test('while another one is in the pool with its nonce, both wait and one pays', async () => {
    const { seller, stranger } = rig.sandbox.wallets
    rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
    await refund.carry()
    rig.proxy.clear()
    await rig.sandbox.stallBlocks()
    await rig.token.transfer(seller.address, stranger.address, 1n)
    const carried = await refund.carry()
    expect(carried.kind).not.toBe('refused')
    expect(new Set(noncesOf(refund)).size).toBe(1)
    await rig.sandbox.resumeBlocks()
    await rig.sandbox.mine(3)
    const sighting = await refund.observe()
    expect(sighting.kind).toBe((await countPaid()) === 1 ? 'confirmed' : 'dead')
  })
})

test('a transfer that reverted on chain is tried again once that is final', async () => {
  await rig.sandbox.stallBlocks()
  await refund.carry()
  await rig.token.setPaused(true)
  await rig.sandbox.resumeBlocks()
  expect(await countPaid()).toBe(0)
  expect((await refund.observe()).kind).toBe('unused')
  expect(await refund.carry()).toMatchObject({ kind: 'unknown' })
  expect(refund.carriers).toHaveLength(1)
  await rig.token.setPaused(false)
  await rig.sandbox.mine(3)
  expect(await refund.observe()).toEqual({ kind: 'dead', cause: 'expired' })
  refund.carriers.splice(0)
  expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
  await paidOnce()
})

test('a database that forgot a mined refund finds it on chain, under its name', async () => {
  await refund.carry()
  const forgetful = createPlainRefund(rig, 1_000n, `refund ${made}`)
  expect(await forgetful.observe(await rig.connect())).toMatchObject({ kind: 'confirmed' })
  // Of another value it is the same refund, and a person has to look.
  const changed = createPlainRefund(rig, 999n, `refund ${made}`)
  expect((await changed.observe()).kind).toBe('mismatch')
  const other = createPlainRefund(rig, 1_000n, `another ${made}`)
  expect(await other.observe()).toEqual({ kind: 'unused' })
  await paidOnce()
})

test('a transfer under another name is not believed to be this refund, whatever the record says', async () => {
  const other = createPlainRefund(rig, 1_000n, `other ${made}`)
  await other.carry()
  refund.carriers.push(...other.carriers)
  expect((await refund.observe()).kind).toBe('unused')
})

test('nodes that cannot be asked are no verdict', async () => {
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
  await refund.carry()
  rig.proxy.clear()
  await spendNextNonce()
  await rig.sandbox.mine(3)
  rig.proxy.add(rpcFaults.rateLimit())
  expect((await refund.observe()).kind).toBe('unreachable')
  rig.proxy.clear()
  rig.proxy.add({ method: 'eth_getLogs', effect: { kind: 'dropBefore' } })
  expect((await refund.observe()).kind).toBe('unreachable')
  expect(await countPaid()).toBe(0)
})

describe('a node that shows the log of a refund and not its transaction', () => {
  /** What a node answers about a transaction that its index has not, or no longer has. */
  const hideTransactions = () =>
    rig.proxy.add({
      method: 'eth_getTransactionByHash',
      effect: { kind: 'answer', result: () => null },
    })

  test('a refund whose transaction a node does not show, and whose log it does, is not sent again', async () => {
    await refund.carry()
    await rig.sandbox.mine(3)
    hideTransactions()
    const sighting = await refund.observe(await rig.connect())
    expect(sighting).toMatchObject({ kind: 'confirmed', evidence: { value: 1_000n } })
    // What core does with one that is dead, and with no other.
    if (sighting.kind === 'dead') refund.carriers.splice(0)
    expect(await refund.carry()).toMatchObject({ kind: 'submitted' })
    expect(new Set(noncesOf(refund)).size).toBe(1)
    await paidOnce()
  })

  test('nor is one that the database forgot: whether it is that one cannot be told', async () => {
    await refund.carry()
    await rig.sandbox.mine(3)
    hideTransactions()
    const forgetful = createPlainRefund(rig, 1_000n, `refund ${made}`)
    expect((await forgetful.observe(await rig.connect())).kind).toBe('unreachable')
  })

  test('nor does a person who looks for a payment by hand take it for one', async () => {
    await refund.carry()
    hideTransactions()
    const [carrier] = refund.carriers
    const chain = await rig.connect()
    await expect(chain.refundNonceOf?.(carrier?.txHash ?? '0x')).rejects.toMatchObject({
      code: 'CHAIN_UNREACHABLE',
    })
    rig.proxy.clear()
    expect(await chain.refundNonceOf?.(carrier?.txHash ?? '0x')).toMatch(/^0x[0-9a-f]{64}$/)
  })
})

test('a worker without the key hands out what was signed, and signs nothing', async () => {
  const { stranger, seller, buyer } = rig.sandbox.wallets
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
  await refund.carry()
  rig.proxy.clear()
  const payout = createTransferPayout({ chain: await rig.connect(), keys: [stranger.privateKey] })
  expect(payout.canSignFor(seller.address)).toBe(false)
  const terms = { from: seller.address, to: buyer.address, value: 1_000n }
  const signed = {
    ...terms,
    nonce: `0x${'00'.repeat(32)}`,
    validAfter: 0n,
    validBefore: 1n,
  } as const
  await expect(payout.sign(rig.token.address, signed)).rejects.toMatchObject({
    code: 'SIGNER_REFUSED',
  })
  const authorization = { ...signed, signature: '0x' } as const
  const request = { token: rig.token.address, authorization }
  const journal = async (): Promise<void> => expect.unreachable()
  expect(await payout.carry({ ...request, previous: refund.carriers }, journal)).toMatchObject({
    kind: 'submitted',
  })
  expect(await payout.carry({ ...request, previous: [] }, journal)).toMatchObject({
    kind: 'unknown',
  })
  // Handed to the node is not mined yet.
  await paidOnce()
})

describe('obstacles', () => {
  const find = async (change: object = {}) => {
    const { seller, buyer } = rig.sandbox.wallets
    const payout = createTransferPayout({ chain: rig.chain, keys: [seller.privateKey] })
    const wanted = { from: seller.address, to: buyer.address, value: 1n }
    return await payout.findObstacle({ token: rig.token.address, ...wanted, ...change })
  }

  test('what passes by itself is told apart from what needs a person', async () => {
    const { seller } = rig.sandbox.wallets
    expect(await find()).toBeUndefined()
    expect(await find({ value: 10n ** 9n })).toMatchObject({ kind: 'passing' })
    expect(await find({ to: rig.token.address })).toMatchObject({ kind: 'lasting' })
    await rig.token.setPaused(true)
    expect(await find()).toEqual({ kind: 'passing', reason: 'the token is paused' })
    await rig.token.setPaused(false)
    const balance = await askNode(rig.sandbox, 'eth_getBalance', [seller.address, 'latest'])
    await askNode(rig.sandbox, 'anvil_setBalance', [seller.address, '0x1'])
    expect(await find()).toMatchObject({ kind: 'passing', reason: expect.stringMatching(/gas/) })
    await askNode(rig.sandbox, 'anvil_setBalance', [seller.address, balance])
  })

  test('a token that refuses is found before anything is sent', async () => {
    const many = createPlainRefund(rig, 10n ** 12n, `too much ${made}`)
    expect(await many.carry()).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/balance/),
    })
    expect(many.carriers).toEqual([])
  })
})

describe('the row of a token says how it moves, and boot believes only the contract', () => {
  const connect = async (network: Parameters<typeof createEvmChain>[0]['network']) =>
    await createEvmChain({ network, rpcUrls: rig.sandbox.rpcUrl })

  test('a token without authorizations is not taken for one that has them', async () => {
    const row = toPlainRow(rig.token)
    const [{ address, symbol, decimals }] = row.tokens
    const domain = { name: 'PLAIN of the sandbox', version: '1' }
    const claimed = { address, symbol, decimals, domain, transferMethod: 'eip3009' } as const
    await expect(connect({ ...row, tokens: [claimed] })).rejects.toMatchObject({
      code: 'CHAIN_MISMATCH',
      facts: { token: address },
    })
  })

  test('nor USDC for one that needs the weaker way', async () => {
    const row = toPlainRow(rig.token)
    const { address } = rig.sandbox.usdc
    const usdc = { address, symbol: 'USDC', decimals: 6, transferMethod: 'transfer' } as const
    await expect(connect({ ...row, tokens: [usdc] })).rejects.toMatchObject({
      code: 'CHAIN_MISMATCH',
      facts: { field: 'token.transferMethod', expected: 'transfer', found: 'eip3009' },
    })
  })

  test('each way of paying back refuses the other’s tokens', async () => {
    const { seller } = rig.sandbox.wallets
    const keys = [seller.privateKey]
    expect(() => createPayout({ chain: rig.chain, keys })).toThrow('createTransferPayout')
    const usdc = await connect('testnet')
    expect(() => createTransferPayout({ chain: usdc, keys })).toThrow('createPayout')
    expect(() => createTransferPayout({ chain: rig.chain, keys: [] })).toThrow('keys')
    usdc.close()
  })

  test('there is no exact rail: no authorization is ever valid, or anybody’s', async () => {
    const { seller, buyer } = rig.sandbox.wallets
    const { address: token } = rig.token
    const signed = await rig.sandbox.signTransferAuthorization({
      ...{ privateKey: buyer.privateKey, to: seller.address, value: 1n },
    })
    const authorization = { ...signed.authorization, signature: signed.signature }
    const offer = {
      chainId: 84532,
      token,
      payTo: seller.address,
      value: 1n,
      maxTimeoutSeconds: 300,
    }
    expect(await rig.chain.verify(offer, authorization)).toMatchObject({
      kind: 'invalid',
      code: 'PAYMENT_SCHEME_UNSUPPORTED',
    })
    expect(await rig.chain.isAuthorizedBy(token, authorization)).toBe(false)
  })
})
