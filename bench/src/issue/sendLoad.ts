import { Agent, request } from 'node:http'

/** What is asked again and again, and the status that answers it. */
export type Ask = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  readonly status: number
}

/** A price is asked for. */
export const askPrice: Ask = {
  method: 'POST',
  path: '/x402/access',
  body: '{"planId":"basic"}',
  status: 402,
}

/**
 * Sends the same request `count` times over `connections` kept-alive connections at a time.
 *
 * It never sleeps meanwhile. On a virtual machine it is the writer who pays for waking a sleeping
 * reader, an interrupt for each answer: the slower of two servers would pay it and the faster,
 * whose client is always busy, would not.
 */
export async function sendLoad(
  url: string,
  asked: Ask,
  count: number,
  connections: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let left = count
  let isDone = false
  const stayAwake = (): void => {
    if (!isDone) setImmediate(stayAwake)
  }
  stayAwake()
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await ask(url, asked, agent)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, work))
  } finally {
    isDone = true
  }
  agent.destroy()
}

const headersOf = ({ body }: Ask): Readonly<Record<string, string>> =>
  body === undefined
    ? {}
    : { 'content-type': 'application/json', 'content-length': `${body.length}` }

async function ask(url: string, asked: Ask, agent: Agent): Promise<void> {
  const { method, path, body, status } = asked
  const headers = headersOf(asked)
  await new Promise<void>((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, agent, headers }, (response) => {
      if (response.statusCode !== status) reject(new Error(`HTTP ${response.statusCode}`))
      response.resume().once('end', resolve).once('error', reject)
    })
    sent.once('error', reject).end(body)
  })
}

/** How many bytes one answer is: the headers that a handler writes, and the body. */
export async function measureAnswer(
  url: string,
  asked: Ask,
): Promise<{ header: number; body: number }> {
  const { method, path, body } = asked
  const response = await fetch(`${url}${path}`, {
    method,
    headers: headersOf(asked),
    ...(body !== undefined && { body }),
  })
  let header = 0
  for (const [name, value] of response.headers) header += name.length + value.length + 4
  return { header, body: (await response.text()).length }
}
