import { request } from 'node:http'
import type { Draft } from '@key0/http/testing'
import { encode } from './createBuyer.ts'

export type RawReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const toText = (payment: unknown): string =>
  typeof payment === 'string' ? payment : encode(payment)

/** Sends a draft as it is, over a socket: nothing is joined, dropped or made proper on the way. */
export async function rawRequest(url: string, draft: Draft): Promise<RawReply> {
  const { method, path, body, payment } = draft
  const { host, hostname, port } = new URL(url)
  const headers = [
    ...['host', host],
    ...draft.headers.flat(),
    ...(payment === undefined ? [] : ['PAYMENT-SIGNATURE', toText(payment)]),
    ...(body === undefined ? [] : ['content-length', `${Buffer.byteLength(body)}`]),
  ]
  return new Promise((resolve, reject) => {
    const sending = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      )
      response.on('error', reject)
    })
    sending.on('error', reject)
    sending.end(body)
  })
}
