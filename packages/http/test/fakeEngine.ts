import {
  type AccessRequest,
  type ChallengeRecord,
  createCatalog,
  type Delivered,
  type Engine,
  type ErrorCode,
  type Hash,
  Key0Error,
  type Offered,
  type PresentedPayment,
  type PresentedTransfer,
} from '@key0/core'
import { createHttpHandler, type HttpHandlerOptions, type Seller } from '../src/exports/index.ts'

export const seller: Seller = {
  name: 'Rücklage "Reports"',
  description: 'Daily reports',
  publicUrl: 'https://pay.example/',
  chainId: 84532,
  payTo: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  token: {
    address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
    symbol: 'USDC',
    decimals: 6,
    name: 'USDC',
    version: '2',
  },
  explorerUrl: 'https://sepolia.basescan.org',
}

export const payer = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
export const txHash: Hash = `0x${'ab'.repeat(32)}`

export type Script = {
  /** What `pay` and `submitProof` throw, if anything. */
  refusal?: Error | undefined
  /** Runs inside `pay`, as another request would. */
  meanwhile?: ((record: ChallengeRecord) => Partial<ChallengeRecord>) | undefined
}

export type FakeEngine = Engine & {
  readonly script: Script
  readonly asked: AccessRequest[]
  readonly paid: PresentedPayment[]
  readonly proven: PresentedTransfer[]
  readonly change: (id: string, fields: Partial<ChallengeRecord>) => ChallengeRecord
}

/** Says what it is told to say. What the real one says is proven where the real one is. */
export function createFakeEngine(): FakeEngine {
  const catalog = createCatalog(
    [
      { planId: 'basic', unitAmount: '$0.10', description: 'One report – “fresh” 📈' },
      { planId: 'gold', unitAmount: '$5', description: 'All of them' },
    ],
    6,
  )
  const records = new Map<string, ChallengeRecord>()
  const byRequest = new Map<string, string>()
  const script: Script = {}
  const asked: AccessRequest[] = []
  const paid: PresentedPayment[] = []
  const proven: PresentedTransfer[] = []
  const inspect = async (id: string): Promise<ChallengeRecord> => {
    const record = records.get(id)
    if (!record) throw new Key0Error('CHALLENGE_UNKNOWN', { facts: { challengeId: id } })
    return record
  }
  const change: FakeEngine['change'] = (id, fields) => {
    const record = { ...(records.get(id) as ChallengeRecord), ...fields }
    records.set(id, record)
    return record
  }
  const deliver = async (id: string): Promise<Delivered> => {
    const before = await inspect(id)
    if (script.meanwhile) change(id, script.meanwhile(before))
    if (script.refusal) throw script.refusal
    const challenge = change(id, { state: 'DELIVERED', txHash, fromAddress: payer })
    const { challengeId, requestId, resourceId, planId } = challenge
    const grant = {
      ...{ type: 'AccessGrant' as const, challengeId, requestId, resourceId, planId },
      ...{ accessToken: 'token', tokenType: 'Bearer', txHash },
    }
    return { challenge, grant, txHash, replayed: before.state === 'DELIVERED' }
  }
  const offer = async (request: AccessRequest): Promise<Offered> => {
    asked.push(request)
    const plan = catalog.find(request.planId)
    const { requestId = crypto.randomUUID(), resourceId = 'default' } = request
    if (!/^[A-Za-z0-9_-]{16,128}$/.test(requestId)) throw malformed('requestId')
    if (!/^\P{Cc}{1,256}$/u.test(resourceId)) throw malformed('resourceId')
    const known = records.get(byRequest.get(requestId) ?? '')
    if (known) return { challenge: known, mayKnowId: false }
    const record: ChallengeRecord = {
      ...{ challengeId: `http-${crypto.randomUUID()}`, requestId, resourceId },
      ...{ scope: request.clientAgentId, clientAgentId: request.clientAgentId },
      ...{ planId: plan.planId, amount: plan.unitAmount, amountRaw: plan.unitAmountRaw },
      ...{ asset: 'USDC', token: seller.token.address, chainId: seller.chainId },
      ...{ destination: seller.payTo, state: 'PENDING', version: 1, schemaVersion: 1 },
      ...{ createdAt: new Date(), updatedAt: new Date() },
      expiresAt: new Date(Date.now() + 900_000),
    }
    records.set(record.challengeId, record)
    byRequest.set(requestId, record.challengeId)
    return { challenge: record, mayKnowId: true }
  }
  return {
    ...{ catalog, script, asked, paid, proven, inspect, change },
    issue: async (request) => (await offer(request)).challenge,
    offer,
    // Not asked by this surface.
    offerAs: async (challenge) => ({ challenge, mayKnowId: true }),
    offerOf: ({ chainId, token, destination, amountRaw }) => ({
      ...{ chainId, token, payTo: destination, value: amountRaw, maxTimeoutSeconds: 900 },
    }),
    async pay(payment) {
      paid.push(payment)
      return deliver(payment.challengeId)
    },
    async submitProof(transfer) {
      proven.push(transfer)
      return deliver(transfer.challengeId)
    },
    cancel: inspect,
    lookUp: async (id) => ({ challenge: await inspect(id), isPayer: false }),
    // Not asked by this surface.
    offerResource: () => Promise.reject(malformed('resource')),
    payResource: () => Promise.reject(malformed('resource')),
    proveResource: () => Promise.reject(malformed('resource')),
    settle: ({ challengeId }) => inspect(challengeId),
    deliver,
  }
}

function malformed(field: string): Key0Error {
  return new Key0Error('REQUEST_MALFORMED', { facts: { field } })
}

export type Shop = {
  readonly engine: FakeEngine
  readonly handler: ReturnType<typeof createHttpHandler>
  readonly events: unknown[]
}

export function openShop(options: Partial<HttpHandlerOptions> = {}): Shop {
  const engine = createFakeEngine()
  const events: unknown[] = []
  const observe = (event: unknown): void => void events.push(event)
  return { engine, events, handler: createHttpHandler({ engine, seller, observe, ...options }) }
}

export const refuse = (code: ErrorCode, facts: Record<string, string> = {}): Key0Error =>
  new Key0Error(code, { facts })
