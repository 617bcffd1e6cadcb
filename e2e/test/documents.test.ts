import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { listen } from '@key0/conformance/http'
import { createMint } from '@key0/conformance/store'
import { createMemoryStore } from '@key0/core/memory'
import { createDeliveries } from '@key0/delivery'
import { startSandbox } from '@key0/sandbox'
import { type SpawnedProgram, spawnProgram } from '@key0/test-services'
import postgres from 'postgres'
import { afterAll, expect, test, vi } from 'vitest'
import { decode } from '../src/createBuyer.ts'
import { openDispatched } from '../src/openDispatched.ts'
import { openProject, type Project, readBlocks } from '../src/openProject.ts'
import { sharedServers, stopServers } from '../src/servers.ts'
import { standInForThePublicNode } from '../src/standInForThePublicNode.ts'

/* What the documents print is run as it is printed, but for addresses. */

afterAll(stopServers)

const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`

async function read(path: string): Promise<string> {
  const [block = '', ...more] = await readBlocks(path, 'ts')
  expect([block === '', more], path).toEqual([false, []])
  return block
}

test('what the documents print in TypeScript is TypeScript', async () => {
  await using project = await openProject('e2e')
  await project.write('webhooks.ts', await read('docs/webhooks.md'))
  await project.write('listing.ts', await read('docs/listing.md'))
  await project.write('operating.ts', await read('docs/operating.md'))
  await project.write('dispatcher.ts', await read('packages/delivery/README.md'))
  expect(await project.check()).toBe('')
}, 60_000)

async function waitUntil(isSo: () => Promise<boolean> | boolean, process: SpawnedProgram) {
  const deadline = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`It never came to that:\n${process.output()}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** Starts a file of a project, which ends with the test. */
async function start(project: Project, stack: AsyncDisposableStack, name: string, url: string) {
  const env = { DATABASE_URL: url, KEY0_WEBHOOK_SECRET: secret }
  const started = spawnProgram(join(project.folder, name), env)
  stack.defer(() => started.kill())
  return started
}

test('the receiver of the documents keeps what the dispatcher of the README sends, each once', async () => {
  await using stack = new AsyncDisposableStack()
  const project = stack.use(await openProject('e2e'))
  const url = await sharedServers.createDatabase()
  const { store, documents } = stack.use(openDispatched({ engine: 'postgres', url }))
  await project.write('receiver.ts', await read('docs/webhooks.md'))
  await project.write(
    'serve.ts',
    `import { serve } from '@hono/node-server'
     import { receive } from './receiver.ts'
     serve({ fetch: receive, port: 0 }, ({ port }) => console.log('Port', port))`,
  )
  const receiver = await start(project, stack, 'serve.ts', url)
  await waitUntil(() => receiver.output().includes('Port'), receiver)
  const hook = `http://127.0.0.1:${/Port (\d+)/.exec(receiver.output())?.[1]}/hooks/key0`
  const printed = await read('packages/delivery/README.md')
  const local = printed.replace("'https://shop.example/hooks/key0'", `'${hook}', networks: 'any'`)
  expect(local).not.toBe(printed)
  await project.write('dispatcher.ts', local)
  const dispatcher = await start(project, stack, 'dispatcher.ts', url)
  const deliveries = createDeliveries({ store, documents })
  await waitUntil(async () => (await deliveries.list()).length === 1, dispatcher)

  const { base, pay } = createMint({ nowMs: () => Date.now() })()
  await store.create(base, { key: 'create' })
  const payment = pay()
  await store.settle(base.challengeId, payment.paymentRef, payment.paid(), { key: 'pay' })
  const sql = postgres(url)
  stack.defer(() => sql.end())
  const rows = () => sql`select version, type from payment_events order by version`
  await waitUntil(async () => (await rows()).length === 2, dispatcher)
  const told = [
    { version: 1, type: 'challenge.created' },
    { version: 2, type: 'challenge.paid' },
  ]
  expect([...(await rows())]).toEqual(told)

  const [{ endpoint = '' } = {}] = await deliveries.list()
  await deliveries.redeliver(endpoint, 1)
  await waitUntil(async () => (await deliveries.attempts(endpoint, 9)).length === 3, dispatcher)
  expect([...(await rows())]).toEqual(told)
  const forged = await fetch(hook, { method: 'POST', body: '{"type":"challenge.paid"}' })
  expect([forged.status, await forged.text()]).toEqual([401, 'a header is missing'])
}, 60_000)

test('the gate of the documents is listed by what they say', async () => {
  await using stack = new AsyncDisposableStack()
  const sandbox = stack.use(await startSandbox({ chainId: 8453 }))
  const project = stack.use(await openProject('e2e'))
  const printed = await read('docs/listing.md')
  const { address } = sandbox.wallets.seller
  const source = printed
    .replace('0xYourWallet', address)
    .replace('https://your-facilitator', 'http://127.0.0.1:9')
  await project.write('listing.ts', `${source}\nexport { app }`)
  standInForThePublicNode(sandbox)
  stack.defer(() => void vi.unstubAllGlobals())
  const { app } = (await import(join(project.folder, 'listing.ts'))) as { app: RequestListener }
  const { origin } = stack.use(await listen(createServer(app)))
  const response = await fetch(`${origin}/weather`)
  expect(response.status).toBe(402)
  const offer = decode(response.headers.get('payment-required') ?? '')
  expect(offer).toMatchObject({
    resource: { url: 'https://weather.example/weather', description: 'The weather of a city' },
    accepts: expect.arrayContaining([expect.objectContaining({ scheme: 'exact', payTo: address })]),
  })
  expect(JSON.stringify(offer.extensions)).toContain('"required":["city"]')
}, 60_000)

test('the retry of the documents is the move they speak of', async () => {
  await using project = await openProject('e2e')
  await project.write('operating.ts', await read('docs/operating.md'))
  const { retry } = (await import(join(project.folder, 'operating.ts'))) as {
    retry: (store: object, challengeId: string) => Promise<{ state: string }>
  }
  const clock = { nowMs: () => Date.now() }
  const store = createMemoryStore({ clock })
  const { base, pay } = createMint(clock)()
  const id = base.challengeId
  await store.create(base, { key: 'create' })
  const payment = pay()
  await store.settle(id, payment.paymentRef, payment.paid(), { key: 'pay' })
  await expect(retry(store, id)).rejects.toMatchObject({ code: 'REFUND_NOT_FAILED' })
  await store.transition({ id, from: 'PAID', to: 'REFUND_PENDING', key: 'claim' })
  const failed = { refundError: 'paused' }
  const move = { id, from: 'REFUND_PENDING', to: 'REFUND_FAILED', fields: failed } as const
  await store.transition({ ...move, key: 'fail' })
  expect(await retry(store, id)).toMatchObject({ state: 'PAID' })
  expect((await store.history(id)).at(-1)).toMatchObject({
    ...{ actor: 'ada@example.com', reason: 'topped up the gas wallet' },
  })
})
