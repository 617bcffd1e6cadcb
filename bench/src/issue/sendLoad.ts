import { Agent, request } from 'node:http'

/**
 * Sends `count` requests for a price over `connections` kept-alive connections at a time.
 *
 * It never sleeps meanwhile. On a virtual machine it is the writer who pays for waking a sleeping
 * reader, an interrupt for each answer: the slower of two servers would pay it and the faster,
 * whose client is always busy, would not.
 */
export async function sendLoad(url: string, count: number, connections: number): Promise<void> {
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
      await ask(url, agent)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, work))
  } finally {
    isDone = true
  }
  agent.destroy()
}

const body = '{"planId":"basic"}'

async function ask(url: string, agent: Agent): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const sent = request(`${url}/x402/access`, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 402) reject(new Error(`HTTP ${response.statusCode}`))
      response.resume().once('end', resolve).once('error', reject)
    })
    sent.once('error', reject).end(body)
  })
}

/** How many bytes one answer is: the headers that a handler writes, and the body. */
export async function measureAnswer(url: string): Promise<{ header: number; body: number }> {
  const response = await fetch(`${url}/x402/access`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  let header = 0
  for (const [name, value] of response.headers) header += name.length + value.length + 4
  return { header, body: (await response.text()).length }
}
