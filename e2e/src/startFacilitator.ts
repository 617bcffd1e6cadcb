import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address, Hash, Hex } from '@key0/core'
import {
  type Sandbox,
  type SignedTransferAuthorization,
  signTransferAuthorization,
} from '@key0/sandbox'
import { generatePrivateKey } from 'viem/accounts'

/** What a facilitator does with `/settle`. */
export type Conduct =
  | 'settles'
  | 'settles, then cuts the connection'
  | 'settles, then answers 502'
  | 'settles, then says that it failed'
  | 'settles, then names another payer'
  | 'settles, then names an unknown transaction'
  | 'says settlement_pending with 200, and settles later'
  | 'says settlement_pending with 500, and settles later'
  | 'answers 502 and does nothing'
  | 'says success and does nothing'
  | 'says success with the transaction of another payer, and does nothing'
  | 'cuts the connection and does nothing'
  | 'never answers and does nothing'

type VerifyConduct =
  | 'agrees'
  | 'refuses'
  | 'is down'
  | 'fails inside'
  | 'says that the nonce is used'
  | 'says that the nonce is used, which it is by now'

/** An x402 facilitator over real HTTP, as honest as told. */
export type Facilitator = AsyncDisposable & {
  readonly url: string
  readonly requests: readonly string[]
  behave(conduct: Conduct, verify?: VerifyConduct): void
  /** Settles what it said was pending. */
  readonly settlePending: () => Promise<void>
}

type Body = {
  readonly paymentPayload: {
    readonly payload: {
      readonly signature: Hex
      readonly authorization: Readonly<Record<string, string>>
    }
  }
}

const noHash: Hash = `0x${'0f'.repeat(32)}`

const supported = {
  kinds: [{ x402Version: 2, scheme: 'exact', network: 'eip155:84532' }],
  extensions: [],
  signers: {},
}

export async function startFacilitator(sandbox: Sandbox): Promise<Facilitator> {
  const requests: string[] = []
  const pending: Body[] = []
  let conduct: Conduct = 'settles'
  let lastSettled = noHash
  let verifying: VerifyConduct = 'agrees'
  const settle = async (body: Body): Promise<Hash> => {
    lastSettled = await sandbox.submitAuthorization(await toSigned(sandbox, body))
    return lastSettled
  }

  const answerSettle = async (body: Body, response: ServerResponse): Promise<void> => {
    switch (conduct) {
      case 'settles':
        return reply(response, 200, { success: true, transaction: await settle(body) })
      case 'settles, then cuts the connection':
        await settle(body)
        return cut(response)
      case 'settles, then answers 502':
        await settle(body)
        return reply(response, 502, '<html>Bad gateway</html>')
      case 'settles, then says that it failed':
        await settle(body)
        return reply(response, 200, { success: false, errorReason: 'invalid_transaction_state' })
      case 'settles, then names another payer': {
        const { address: payer } = sandbox.wallets.stranger
        return reply(response, 200, { success: true, transaction: await settle(body), payer })
      }
      case 'settles, then names an unknown transaction':
        await settle(body)
        return reply(response, 200, { success: true, transaction: noHash })
      case 'says settlement_pending with 200, and settles later':
      case 'says settlement_pending with 500, and settles later':
        pending.push(body)
        return reply(response, conduct.includes('200') ? 200 : 500, {
          success: false,
          errorReason: 'settlement_pending',
          transaction: '',
        })
      case 'answers 502 and does nothing':
        return reply(response, 502, '<html>Bad gateway</html>')
      case 'says success with the transaction of another payer, and does nothing':
        return reply(response, 200, { success: true, transaction: lastSettled })
      case 'says success and does nothing':
        return reply(response, 200, { success: true, transaction: noHash })
      case 'cuts the connection and does nothing':
        return cut(response)
      case 'never answers and does nothing':
        return
    }
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    requests.push(path)
    const body = (await readJson(request)) as Body
    if (path === '/settle') return answerSettle(body, response)
    if (path === '/supported') return reply(response, 200, supported)
    switch (verifying) {
      case 'agrees':
        return reply(response, 200, { isValid: true })
      case 'refuses':
        return reply(response, 200, { isValid: false, invalidReason: 'payer_on_a_list' })
      case 'says that the nonce is used, which it is by now':
        await settle(body)
        return reply(response, 200, { isValid: false, invalidReason: 'nonce_already_used' })
      case 'says that the nonce is used':
        return reply(response, 200, { isValid: false, invalidReason: 'nonce_already_used' })
      case 'is down':
        return cut(response)
      case 'fails inside':
        return reply(response, 500, { isValid: false, invalidReason: 'unexpected_verify_error' })
    }
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => reply(response, 500, `${error}`))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave: (next, verify = 'agrees') => {
      conduct = next
      verifying = verify
    },
    settlePending: async () => {
      for (const body of pending.splice(0)) await settle(body)
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** The parts of a signature in every form that the sandbox's submitter may want. */
async function toSigned(sandbox: Sandbox, body: Body): Promise<SignedTransferAuthorization> {
  const { signature, authorization: it } = body.paymentPayload.payload
  const shape = await signTransferAuthorization({
    privateKey: generatePrivateKey(),
    from: it.from as Address,
    to: it.to as Address,
    value: BigInt(it.value ?? ''),
    validAfter: BigInt(it.validAfter ?? ''),
    validBefore: BigInt(it.validBefore ?? ''),
    nonce: it.nonce as Hash,
    domain: sandbox.usdc.domain,
  })
  return { ...shape, signature }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text ? JSON.parse(text) : undefined
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function cut(response: ServerResponse): void {
  response.socket?.destroy()
}
