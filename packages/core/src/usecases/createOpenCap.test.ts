import { beforeEach, describe, expect, test } from 'vitest'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { createEngine } from './createEngine.ts'
import { createOpenCap, type OpenLimits } from './createOpenCap.ts'
import type { AccessRequest, Engine } from './Engine.ts'

const ask: AccessRequest = { planId: 'basic', clientAgentId: 'x402-http' }
const overloaded = expect.objectContaining({ code: 'OVERLOADED', retry: 'later' })

let world: ReturnType<typeof createTestContext>
let engine: Engine
let asked = 0

function open(limits: OpenLimits): void {
  world = createTestContext()
  asked = 0
  const openCap = createOpenCap(world.clock, limits)
  engine = createEngine({
    ...world.ctx,
    openCap,
    observe: openCap.observe,
    store: {
      ...world.store,
      create(...call) {
        asked += 1
        return world.store.create(...call)
      },
      findActiveByRequestId(...call) {
        asked += 1
        return world.store.findActiveByRequestId(...call)
      },
    },
  })
}

describe('two may be open', () => {
  beforeEach(() => open({ total: 2 }))

  test('a third is refused, and the store is asked nothing', async () => {
    await engine.issue(ask)
    await engine.issue(ask)
    for (let count = 0; count < 100; count += 1)
      await expect(engine.issue(ask)).rejects.toThrow(overloaded)
    expect(asked).toBe(2)
  })

  test('one that was offered is offered again, and may be paid', async () => {
    const named = { ...ask, requestId: 'request-0123456789' }
    const offered = await engine.issue(named)
    await engine.issue(ask)
    expect((await engine.issue(named)).challengeId).toBe(offered.challengeId)
    const buyer = createBuyer(world)
    const paid = await buyer.pay(engine, offered.challengeId, buyer.sign(offered))
    expect(paid.kind).toBe('delivered')
  })

  test('one that is paid makes room', async () => {
    const first = await engine.issue(ask)
    await engine.issue(ask)
    const buyer = createBuyer(world)
    await buyer.pay(engine, first.challengeId, buyer.sign(first))
    expect((await engine.issue(ask)).state).toBe('PENDING')
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })

  test('so does one that is cancelled', async () => {
    const first = await engine.issue(ask)
    await engine.issue(ask)
    await engine.cancel(first.challengeId)
    expect((await engine.issue(ask)).state).toBe('PENDING')
  })

  test('and one whose time is over, whether or not anybody closed it', async () => {
    await engine.issue(ask)
    world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
    await engine.issue(ask)
    world.clock.advance(world.ctx.settings.challengeTTLMs / 2)
    expect((await engine.issue(ask)).state).toBe('PENDING')
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })

  test('a repeat of the same request counts once', async () => {
    const named = { ...ask, requestId: 'request-0123456789' }
    for (let count = 0; count < 5; count += 1) await engine.issue(named)
    expect((await engine.issue(ask)).state).toBe('PENDING')
  })
})

describe('two of one caller, three in all', () => {
  beforeEach(() => open({ total: 3, perCaller: 2 }))
  const from = (caller: string): AccessRequest => ({ ...ask, caller })

  test('who holds two open is refused, and others are not, until all is full', async () => {
    const first = await engine.issue(from('198.51.100.7'))
    await engine.issue(from('198.51.100.7'))
    await expect(engine.issue(from('198.51.100.7'))).rejects.toThrow(overloaded)
    await engine.issue(from('203.0.113.9'))
    await expect(engine.issue(from('203.0.113.10'))).rejects.toThrow(overloaded)
    await engine.cancel(first.challengeId)
    expect((await engine.issue(from('198.51.100.7'))).state).toBe('PENDING')
  })

  test('who is not known counts in total alone', async () => {
    for (let count = 0; count < 3; count += 1) await engine.issue(ask)
    await expect(engine.issue(ask)).rejects.toThrow(overloaded)
  })
})

test.each([0, -1, 1.5, Number.NaN])('%s is no limit', (total) => {
  expect(() => createOpenCap(world.clock, { total })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})
