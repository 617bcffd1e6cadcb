import { x402Client } from '@x402/core/client'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { decodePaymentResponseHeader, wrapFetchWithPayment } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'

/** The public x402 client, unmodified, with a wallet; it also remembers what it sent. */
export type Buyer = {
  readonly address: `0x${string}`
  buy(url: string, planId: string): Promise<Purchase>
  /** Asks for something, and pays when it has a price. */
  fetch(url: string): Promise<Response>
}

export type Purchase = {
  readonly response: Response
  readonly body: Record<string, unknown>
  /** The paid request, to send again or to tamper with. */
  readonly sent: { readonly paymentSignature: string; readonly body: string }
  readonly settled: { readonly transaction: string; readonly payer?: string } | undefined
}

export function createBuyer(privateKey: `0x${string}`): Buyer {
  const account = privateKeyToAccount(privateKey)
  const client = new x402Client()
  registerExactEvmScheme(client, { signer: account })
  return {
    address: account.address,
    fetch: (url) => wrapFetchWithPayment(fetch, client)(url),
    async buy(url, planId) {
      let paymentSignature = ''
      const recording: typeof fetch = (input, init) => {
        const request = new Request(input, init)
        paymentSignature = request.headers.get('payment-signature') ?? paymentSignature
        return fetch(request)
      }
      const body = JSON.stringify({ planId })
      const response = await wrapFetchWithPayment(recording, client)(`${url}/x402/access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      const receipt = response.headers.get('payment-response')
      return {
        response,
        body: (await response.json()) as Record<string, unknown>,
        sent: { paymentSignature, body },
        settled: receipt ? decodePaymentResponseHeader(receipt) : undefined,
      }
    },
  }
}
