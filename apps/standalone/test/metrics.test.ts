import { join } from 'node:path'
import { urlOf } from '@key0/test-services'
import { expect, test, vi } from 'vitest'
import { spawnGateway, startWorld } from './startWorld.ts'

const patience = { timeout: 20_000, interval: 50 } as const

test('metrics are at a port of their own, and no buyer adds a series', async () => {
  await using world = await startWorld()
  const { seller } = world.chain.wallets
  const program = spawnGateway({
    ...world.env,
    ...{ KEY0_METRICS_PORT: '0', KEY0_WEBHOOK_PRIVATE: 'true' },
    // Nobody listens there.
    KEY0_WEBHOOK_URLS: 'http://127.0.0.1:1/hook',
    KEY0_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 6).toString('base64')}`,
    KEY0_DATA_DIR: join(world.env.KEY0_DATA_DIR ?? '', 'metrics'),
  })
  const url = await urlOf(program)
  const [, port] = /Metrics +at port (\d+)/.exec(program.output()) ?? []
  const read = async (): Promise<readonly string[]> => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(response.headers.get('content-type')).toContain('text/plain')
    return (await response.text()).split('\n')
  }
  const seriesOf = (lines: readonly string[]): readonly string[] =>
    lines.filter((line) => line.startsWith('key0_')).map((line) => line.split(' ')[0] ?? '')
  expect((await fetch(`${url}/metrics`)).status).toBe(404)
  const before = await read()
  for (const line of [
    'key0_events_total{event="challenge.paid"} 0',
    'key0_refunds_due{state="REFUND_FAILED"} 0',
    'key0_money_held 0',
    `key0_refunds_owed{wallet="${seller.address}",token="USDC"} 0`,
    'key0_alerts_total 0',
  ])
    expect(before).toContain(line)
  expect(before.some((line) => line.startsWith('nodejs_eventloop_lag_p99_seconds '))).toBe(true)

  for (let count = 0; count < 3; count += 1) {
    const body = JSON.stringify({ planId: 'basic', requestId: `canary-${count}-aaaaaaaaaaaaaaaa` })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${url}/x402/access`, { method: 'POST', headers, body })
  }
  await vi.waitFor(async () => {
    const lines = await read()
    expect(lines).toContain('key0_events_total{event="challenge.created"} 3')
    const found = lines.filter((line) => /^key0_deliver/.test(line)).join('\n')
    expect(found).toMatch(/^key0_deliveries\{endpoint="we_\w{12}",state="waiting"\} [1-3]$/m)
    expect(found).toMatch(/^key0_deliveries\{endpoint="we_\w{12}",state="dead"\} 0$/m)
    expect(found).toMatch(/^key0_delivery_failures\{endpoint="we_\w{12}"\} [1-9]$/m)
    expect(seriesOf(lines)).toEqual(seriesOf(before))
    expect(lines.join()).not.toContain('canary')
  }, patience)
  await program.stop()
  expect(await program.exited).toBe(0)
}, 60_000)
