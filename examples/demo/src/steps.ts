import { createA2aAgent } from '@key0/sandbox'
import { createMcpAgent } from '@key0/sandbox/mcp'
import type { Purchase } from './buyer.ts'
import type { Report } from './report.ts'
import { plans, type World } from './world.ts'

type Balances = { readonly buyer: bigint; readonly seller: bigint }

async function balances({ chain }: World): Promise<Balances> {
  const { buyer, seller } = chain.wallets
  return {
    buyer: await chain.balanceOf(buyer.address),
    seller: await chain.balanceOf(seller.address),
  }
}

function account(report: Report, before: Balances, after: Balances): void {
  report.money([
    ['buyer', before.buyer, after.buyer],
    ['seller', before.seller, after.seller],
  ])
}

export async function discover(world: World, report: Report): Promise<void> {
  report.step('An agent discovers what is for sale')
  const response = await fetch(`${world.gateway.url}/discover`)
  const text = await response.text()
  report.say(`GET ${world.gateway.url}/discover -> ${response.status}`)
  for (const { planId, unitAmount } of plans) {
    report.check(
      text.includes(planId) && text.includes(unitAmount),
      `${planId} costs ${unitAmount}`,
    )
  }
}

export async function buy(world: World, report: Report): Promise<Purchase> {
  report.step('It buys the plan "report" with the public @x402/fetch client, unmodified')
  const before = await balances(world)
  const purchase = await world.buyer.buy(world.gateway.url, 'report')
  const after = await balances(world)
  report.check(purchase.response.status === 200, 'the gateway answered 200 with an access grant')
  const hash = purchase.settled?.transaction
  const paid = await transfersOf(world, hash)
  report.check(paid === 250_000n, `0.25 USDC moved on chain in ${hash}`)
  account(report, before, after)
  report.check(before.buyer - after.buyer === 250_000n, 'the buyer paid the price and nothing else')

  const token = `${purchase.body.accessToken}`
  const refused = await fetch(`${world.seller.url}/report`)
  const opened = await fetch(`${world.seller.url}/report`, {
    headers: { authorization: `Bearer ${token}` },
  })
  report.check(refused.status === 401, "without the token the seller's route stays shut")
  report.check(opened.status === 200, `with it the seller answers: ${await opened.text()}`)
  return purchase
}

export async function repeat(world: World, report: Report, bought: Purchase): Promise<void> {
  report.step('Its answer was lost, so it sends the very same payment again')
  const before = await balances(world)
  const minted = world.seller.minted()
  const response = await post(world, bought.sent.body, bought.sent.paymentSignature)
  const body = (await response.json()) as Record<string, unknown>
  const after = await balances(world)
  report.check(response.status === 200, 'the gateway answered 200')
  report.check(body.accessToken === bought.body.accessToken, 'with the same token')
  report.check(world.seller.minted() === minted, 'the seller was not asked for a second one')
  report.check(after.buyer === before.buyer, 'and nothing was charged')
}

export async function request(world: World, report: Report): Promise<void> {
  report.step('It pays for one single request, which the gateway passes on to the seller')
  const path = '/photos/7?size=large'
  const before = await balances(world)
  const response = await world.buyer.fetch(`${world.gateway.url}${path}`)
  const after = await balances(world)
  report.check(response.status === 200, `GET ${path} -> ${await response.text()}`)
  account(report, before, after)
  report.check(before.buyer - after.buyer === 10_000n, 'it cost 0.01 USDC')
  const direct = await fetch(`${world.seller.url}${path}`)
  report.check(direct.status === 401, 'past the gateway there is no way to it')
}

export async function otherProtocols(world: World, report: Report): Promise<void> {
  report.step('Other agents buy the same plan over A2A and over MCP, and a request over A2A')
  const { url } = world.gateway
  const agent = { wallet: world.chain.wallets.buyer, maxAmount: 250_000n }
  const before = await balances(world)
  const a2a = createA2aAgent({ url, ...agent })
  const { content: grant } = await a2a.buy({ skill: 'request-access', planId: 'report' })
  report.check(grant.planId === 'report', 'A2A: the task is completed, with a grant')
  const resource = { method: 'GET', path: '/photos/8' }
  const { content: photo } = await a2a.buy({ skill: 'request-resource', resource })
  report.check(photo.status === 200, `A2A: the task is completed, with ${photo.body}`)
  await using mcp = await createMcpAgent({ url: `${url}/mcp`, ...agent })
  const overMcp = await mcp.buy('request_access', { planId: 'report' })
  report.check(overMcp.content.planId === 'report', 'MCP: the tool answered, with a grant')
  const after = await balances(world)
  account(report, before, after)
  report.check(before.buyer - after.buyer === 510_000n, 'each paid each price once')
}

export async function refund(world: World, report: Report): Promise<void> {
  report.step('The seller’s backend breaks down, and another buyer pays for "archive"')
  const before = await balances(world)
  const fromBlock = await world.chain.blockNumber()
  world.seller.breakDown()
  const purchase = await world.buyer.buy(world.gateway.url, 'archive')
  const paid = await balances(world)
  report.check(purchase.response.status === 502, 'the gateway answered 502: paid, not delivered')
  report.say(`it said: ${JSON.stringify(purchase.body)}`)
  account(report, before, paid)
  report.check(before.buyer - paid.buyer === 900_000n, '0.90 USDC had moved to the seller')

  report.say('nobody does anything; the refund worker finds it after the grace period…')
  const back = await untilRefunded(world, fromBlock)
  const after = await balances(world)
  world.seller.repair()
  report.check(back.value === 900_000n, `0.90 USDC came back on chain in ${back.transactionHash}`)
  account(report, paid, after)
  report.check(after.buyer === before.buyer, 'the buyer is whole to the last unit')

  const again = await post(world, purchase.sent.body, purchase.sent.paymentSignature)
  report.check(
    again.status === 410,
    'the refunded challenge is closed: nothing is delivered on top',
  )
}

export async function tamper(world: World, report: Report, bought: Purchase): Promise<void> {
  report.step('A cheat offers a fraction of the price, with a payment it changed')
  const before = await balances(world)
  const challenge = await post(world, JSON.stringify({ planId: 'archive' }))
  const required = decode(challenge.headers.get('payment-required'))
  const payment = decode(bought.sent.paymentSignature)
  const offered = (required.accepts as readonly Record<string, unknown>[])[0]
  const forged = { ...payment, accepted: { ...offered, amount: '1' } }
  const response = await post(world, bought.sent.body, encode(forged))
  const body = await response.text()
  const after = await balances(world)
  report.check(response.status === 402, `the gateway answered 402: ${reason(body)}`)

  const swapped = { ...payment, accepted: offered }
  const second = await post(world, JSON.stringify({ planId: 'archive' }), encode(swapped))
  report.check(
    second.status !== 200,
    `an old payment for the new offer: ${second.status} ${reason(await second.text())}`,
  )
  report.check(after.buyer === before.buyer && after.seller === before.seller, 'no money moved')
}

function post(world: World, body: string, paymentSignature?: string): Promise<Response> {
  return fetch(`${world.gateway.url}/x402/access`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(paymentSignature && { 'payment-signature': paymentSignature }),
    },
    body,
  })
}

async function transfersOf(world: World, hash: string | undefined): Promise<bigint> {
  const { seller, buyer } = world.chain.wallets
  const all = await world.chain.transfers({ from: buyer.address, to: seller.address })
  const ours = all.filter((transfer) => transfer.transactionHash === hash)
  return ours.reduce((sum, transfer) => sum + transfer.value, 0n)
}

async function untilRefunded(world: World, fromBlock: bigint) {
  const { seller, buyer } = world.chain.wallets
  const deadline = Date.now() + 60_000
  while (Date.now() < deadline) {
    const from = seller.address
    const [found] = await world.chain.transfers({ from, to: buyer.address, fromBlock })
    if (found) return found
    await new Promise((done) => setTimeout(done, 250))
  }
  throw new Error(
    `No refund arrived within a minute. The gateway printed:\n${world.gateway.output()}`,
  )
}

function decode(header: string | null): Record<string, unknown> {
  return JSON.parse(Buffer.from(header ?? '', 'base64').toString('utf8'))
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}

function reason(body: string): string {
  return body.length > 300 ? `${body.slice(0, 300)}…` : body
}
