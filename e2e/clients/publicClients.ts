import { wrapAxiosWithPayment, x402Client as x402AxiosClient } from '@x402/axios'
import { x402Client } from '@x402/core/client'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment } from '@x402/fetch'
import axios from 'axios'
import { evm, Mppx } from 'mppx/client'
import type { Account, Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** What a client made of an answer. */
export type Bought = {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: (name: string) => string | undefined
}

/** A request for something that costs. */
type Purchase = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly json?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** A client as npm has it, with nothing of ours inside. */
export type PublicClient = {
  readonly name: string
  /** The version of x402 in which it pays. */
  readonly x402Version: 1 | 2
  /** Opens it on a wallet. What it does with a request is its own affair. */
  readonly open: (privateKey: Hex, usdc: Hex) => (purchase: Purchase) => Promise<Bought>
}

/** The reference client, naming its purchase as the extension `payment-identifier` says. */
export function openNaming(privateKey: Hex, id: string): (purchase: Purchase) => Promise<Bought> {
  const client = reference(privateKey).onBeforePaymentCreation(async ({ paymentRequired }) => {
    const announced = paymentRequired.extensions?.['payment-identifier'] as {
      info?: { id: string }
    }
    if (announced?.info) announced.info.id = id
  })
  return byFetch(wrapFetchWithPayment(fetch, client))
}

/** Clients that we did not write, each paying in its own way. */
export const publicClients: readonly PublicClient[] = [
  {
    name: '@x402/fetch',
    x402Version: 2,
    open: (privateKey) => byFetch(wrapFetchWithPayment(fetch, reference(privateKey))),
  },
  {
    // It takes version 2 where it is offered: the wire hides that from it.
    name: '@x402/fetch in version 1',
    x402Version: 1,
    open: (privateKey) => byFetch(wrapFetchWithPayment(fetch, reference(privateKey))),
  },
  {
    name: '@x402/axios',
    x402Version: 2,
    open: (privateKey) => byAxios(referenceAxios(privateKey)),
  },
  {
    name: '@x402/axios in version 1',
    x402Version: 1,
    open: (privateKey) => byAxios(referenceAxios(privateKey)),
  },
  {
    name: 'mppx',
    x402Version: 2,
    open: (privateKey, usdc) => {
      const method = evm.charge({
        ...{ account: privateKeyToAccount(privateKey) as Account, maxAmount: '1' },
        ...{ currencies: [usdc], decimals: 6, networks: [84532] },
      })
      return byFetch(Mppx.create({ methods: [method], polyfill: false }).fetch as typeof fetch)
    },
  },
]

const signerOf = (privateKey: Hex) => ({ signer: privateKeyToAccount(privateKey) })

function reference(privateKey: Hex): x402Client {
  return registerExactEvmScheme(new x402Client(), signerOf(privateKey))
}

/** It brings an older core of its own, which the newer scheme registers with all the same. */
function referenceAxios(privateKey: Hex): ReturnType<typeof axios.create> {
  const client = new x402AxiosClient()
  registerExactEvmScheme(client as unknown as x402Client, signerOf(privateKey))
  return wrapAxiosWithPayment(axios.create(), client)
}

function byFetch(paying: typeof fetch): (purchase: Purchase) => Promise<Bought> {
  return async ({ url, method, json, headers }) => {
    const body = json && JSON.stringify(json)
    const response = await paying(url, {
      method,
      ...(body !== undefined && { body }),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    })
    return {
      status: response.status,
      body: (await response.json()) as Bought['body'],
      headers: (name) => response.headers.get(name) ?? undefined,
    }
  }
}

function byAxios(api: ReturnType<typeof axios.create>): (purchase: Purchase) => Promise<Bought> {
  return async ({ url, method, json, headers }) => {
    const answer = await api.request({
      ...{ url, method },
      ...(json && { data: json }),
      ...(headers && { headers }),
    })
    return { status: answer.status, body: answer.data, headers: (name) => answer.headers[name] }
  }
}
