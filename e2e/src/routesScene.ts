import { type IncomingHttpHeaders, request } from 'node:http'
import type { ChallengeStore } from '@key0/core'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort, type SpawnedProgram } from '@key0/test-services'
import { gatewayEnv, refundEnv } from '../crash/gatewayEnv.ts'
import { openShared, type SharedKind } from '../crash/openShared.ts'
import { startGateway } from '../crash/startGateway.ts'
import { decode, toPayment } from './createBuyer.ts'
import { newWallet, type Wallet } from './startShop.ts'
import { startUpstream, type Upstream } from './startUpstream.ts'

type RawAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Ask = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const proxySecret = 'a-proxy-secret-of-sixteen'
export const webhookSecret: string = `whsec_${Buffer.alloc(32, 6).toString('base64')}`
export const cheap = 10_000n
export const dear = 990_000n

const routes = [
  { routeId: 'item', method: 'GET', path: '/items/:id', unitAmount: '$0.01' },
  { routeId: 'secret', method: 'GET', path: '/items/secret', unitAmount: '$0.99' },
  { routeId: 'deep', method: 'GET', path: '/files/:a/*', unitAmount: '$0.01' },
  { routeId: 'write', method: 'POST', path: '/items', unitAmount: '$0.01' },
  { method: 'GET', path: '/free/:id' },
  { method: 'POST', path: '/free/:id' },
]

/** The standalone gateway before a seller's own server, and a buyer with a wallet of its own. */
export type RoutesScene = AsyncDisposable & {
  readonly chain: Sandbox
  readonly upstream: Upstream
  /** The seller's other server, which is told of payments. */
  readonly backend: Upstream
  readonly gateway: SpawnedProgram
  readonly url: string
  readonly buyer: Wallet
  readonly open: () => ChallengeStore
  /** Sends a target byte for byte. */
  readonly ask: (target: string, how?: Ask) => Promise<RawAnswer>
  readonly sign: (offered: RawAnswer) => Promise<string>
  readonly buy: (
    target: string,
    how?: Ask,
  ) => Promise<{ readonly answer: RawAnswer; readonly payment: string }>
}

export async function startRoutes(kind: SharedKind): Promise<RoutesScene> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox())
  const upstream = stack.use(await startUpstream())
  const backend = stack.use(await startUpstream())
  const shared = await openShared(kind, stack)
  const url = `http://127.0.0.1:${await freePort()}`
  const { PLANS: _, ...env } = gatewayEnv(chain, url)
  const gateway = await startGateway({
    ...env,
    ...refundEnv(chain),
    ...shared.env,
    KEY0_RPC_URL: chain.rpcUrl,
    KEY0_ACCESS_TOKEN_SECRET: 'e2e-secret-of-at-least-thirty-two-bytes',
    ROUTES: JSON.stringify(routes),
    PROXY_TO_BASE_URL: upstream.url,
    KEY0_PROXY_SECRET: proxySecret,
    BACKEND_API_URL: backend.url,
    KEY0_WEBHOOK_SECRET: webhookSecret,
    PROXY_TIMEOUT_MS: '1500',
    REFUND_MIN_AGE_MS: '1000',
  })
  stack.defer(() => gateway.kill())
  const buyer = await newWallet(chain, { usdc: 5_000_000n })
  const ask = (target: string, how: Ask = {}) => sendRaw(url, target, how)
  const sign = async (offered: RawAnswer): Promise<string> => {
    const header = offered.headers['payment-required']
    if (offered.status !== 402 || typeof header !== 'string')
      throw new Error(`no offer: ${offered.status} ${offered.body}`)
    const [accepted] = decode(header).accepts as readonly { amount: string; payTo: `0x${string}` }[]
    if (!accepted) throw new Error('the offer accepts nothing')
    const signed = await chain.signTransferAuthorization({
      ...{ privateKey: buyer.privateKey, to: accepted.payTo, value: BigInt(accepted.amount) },
      validBefore: (await chain.timestamp()) + 240n,
    })
    return toPayment(accepted, signed)
  }
  const owned = stack.move()
  return {
    ...{ chain, upstream, backend, gateway, url, buyer, ask, sign },
    open: shared.open,
    async buy(target, how = {}) {
      const payment = await sign(await ask(target, how))
      const headers = { ...how.headers, 'payment-signature': payment }
      return { answer: await ask(target, { ...how, headers }), payment }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function sendRaw(url: string, path: string, { method, headers, body }: Ask): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method: method ?? 'GET', headers: { ...headers } }
    const sending = request({ ...options, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
