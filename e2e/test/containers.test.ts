import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Buyer } from '../crash/createBuyer.ts'
import { price } from '../crash/gatewayEnv.ts'
import { copyRepository, type Engine, findEngine, findNpmrc, shipsText } from './containerEngine.ts'
import {
  type ContainerScene,
  type Images,
  profiles,
  startContainerScene,
} from './containerScene.ts'

/*
 * Both images are built, and every profile of deploy/compose sells and refunds from them, against
 * a chain and a backend of this machine. This needs a Docker engine; without one it says so and
 * proves nothing.
 */

const found = await findEngine()
const isHere = typeof found !== 'string'
if (!isHere) console.warn(`The containers were NOT tested: ${found}.`)
const engine = found as Engine

const images: Images = { gateway: 'key0/standalone:test', worker: 'key0/refund-worker:test' }
const apps = { [images.gateway]: 'standalone', [images.worker]: 'refund-worker' } as const
const built = Object.entries(apps)

/** Stands in every file that an image must not take in. */
const canary = 'a-secret-that-no-layer-may-hold'
const secretFiles = [
  '.env',
  '.npmrc',
  'apps/standalone/.env.local',
  'apps/refund-worker/KEY0_WALLET_PRIVATE_KEY_FILE',
  'packages/core/src/wallet.key',
  'packages/core/key0.sqlite',
  'secrets.json',
  'deploy/compose/.env',
]

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 })

describe.skipIf(!isHere)(isHere ? 'in containers' : `in containers: ${found}`, () => {
  let context: string
  beforeAll(async () => {
    context = mkdtempSync(join(tmpdir(), 'key0-image-'))
    await copyRepository(context)
    for (const file of secretFiles) writeFileSync(join(context, file), `TOKEN=${canary}\n`)
    for (const [image, app] of built) {
      const startedAtMs = performance.now()
      await build(app, image)
      const seconds = Math.round((performance.now() - startedAtMs) / 1_000)
      const bytes = await engine.docker('image', 'inspect', '--format', '{{.Size}}', image)
      console.log(`${image}: built in ${seconds} s, ${Math.round(Number(bytes) / 1e6)} MB`)
    }
  })
  afterAll(() => rmSync(context, { recursive: true, force: true }))

  async function build(app: string, image: string, target?: string): Promise<void> {
    const npmrc = findNpmrc()
    await engine.docker(
      'build',
      ...(target === undefined ? [] : ['--target', target]),
      ...(npmrc === undefined ? [] : ['--secret', `id=npmrc,src=${npmrc}`]),
      ...['--file', join(context, 'apps', app, 'Dockerfile'), '--tag', image, context],
    )
  }

  const run = (image: string, ...command: readonly string[]): Promise<string> =>
    engine.docker('run', '--rm', '--network', 'none', image, ...command)

  describe.each(built)('%s', (image, app) => {
    test('what nobody meant to hand over is in no layer, the first stage included', async () => {
      await build(app, `${image}-pruned`, 'pruned')
      const grep = 'grep -rlF "$0" /repo || echo none'
      expect((await run(`${image}-pruned`, 'sh', '-c', grep, canary)).trim()).toBe('none')
      // That a text which is there is found says that the look is worth something.
      expect(await shipsText(engine, image, 'Keys held')).toBe(true)
      expect(await shipsText(engine, image, canary)).toBe(false)
      expect(await engine.docker('history', '--no-trunc', image)).not.toMatch(/_authToken/)
    })

    test('it holds what runs and nothing that builds', async () => {
      const listed = await run(image, 'sh', '-c', 'ls -A /app; ls /app/node_modules/.pnpm')
      expect(listed.split('\n').slice(0, 3)).toEqual(['dist', 'node_modules', 'package.json'])
      expect(listed).not.toMatch(/^(?:typescript|vitest|turbo|tsdown|@key0\+sandbox)@/m)
      const rest = 'find /app -name "*.ts" -o -name "*.map" | head -5; command -v npm pnpm || true'
      expect(await run(image, 'sh', '-c', rest)).toBe('')
    })

    test('it is a user with a number and without rights, in production', async () => {
      const format = '{{.Config.User}} {{.Config.StopSignal}} {{json .Config.Env}}'
      const config = await engine.docker('image', 'inspect', '--format', format, image)
      expect(config).toMatch(/^10001:10001 SIGTERM /)
      expect(config).toContain('"NODE_ENV=production"')
      expect(config).not.toMatch(/KEY="|SECRET|TOKEN|PRIVATE/)
      const writable = 'id -u; find /app /usr/local -writable | head -5'
      expect((await run(image, 'sh', '-c', writable)).trim()).toBe('10001')
    })

    test('without settings it says what is missing, and ends with 1', async () => {
      await expect(run(image)).rejects.toMatchObject({ code: 1, stderr: /^CONFIG_INVALID/ })
    })
  })

  describe.each(profiles)('profile %s', (profile) => {
    let scene: ContainerScene
    beforeAll(async () => {
      scene = await startContainerScene(engine, profile, images)
      return () => scene[Symbol.asyncDispose]()
    })

    test('every program turns healthy, and none is root', async () => {
      await scene.untilHealthy()
      const expected =
        profile === 'full' ? ['gateway-full', 'refund-worker'] : [`gateway-${profile}`]
      expect([...scene.programs.keys()].sort()).toEqual(expected)
      for (const container of scene.programs.values())
        expect(await engine.docker('exec', container, 'id', '-u')).toBe('10001\n')
    })

    test('a buyer pays and is served', async () => {
      scene.backend.setMode('ok')
      const buyer = scene.nextBuyer()
      expect(await buyer.buy().first).toMatchObject({ status: 200 })
      expect(buyer.received.size).toBe(1)
      expect(await scene.missing(buyer)).toBe(price)
    })

    test('a buyer pays, is not served, and is made whole once', async () => {
      scene.backend.setMode('fail')
      const buyer: Buyer = scene.nextBuyer()
      const answer = await buyer.buy().first
      expect([502, 410], JSON.stringify(answer)).toContain(answer?.status)
      await vi.waitFor(async () => expect(await scene.missing(buyer)).toBe(0n), 60_000)
      expect(await scene.refundsOf(buyer)).toEqual([price])
      expect(buyer.received.size).toBe(0)
    })

    test('the gateway is given no key that could send money back in the profile full', async () => {
      for (const [service, container] of scene.programs) {
        const holdsKey = /^KEY0_WALLET_PRIVATE_KEY=0x/m
        const env = await scene.inspect(container, '{{range .Config.Env}}{{println .}}{{end}}')
        expect(holdsKey.test(env)).toBe(service !== 'gateway-full')
      }
    })

    test('docker stop ends each with 0, long before it would be killed', async () => {
      for (const [service, container] of scene.programs) {
        await engine.docker('stop', '--time', '20', container)
        const ended = await scene.inspect(container, '{{.State.ExitCode}} {{.State.OOMKilled}}')
        expect(`${service} ${ended}\n`).toBe(`${service} 0 false\n`)
        expect(await scene.logs(container)).toContain('stopping')
      }
    })
  })
})
