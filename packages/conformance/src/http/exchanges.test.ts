import { expect, test } from 'vitest'
import { exchanges } from './exchanges.ts'
import { httpConformance } from './httpConformance.ts'

const neverRuns = async () => {
  throw new Error('nobody runs this')
}

function collect() {
  const run = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const register = Object.assign(
    (name: string, body: () => Promise<void>) => void run.set(name, body),
    { skip: (name: string) => void skipped.push(name) },
  )
  return { run, skipped, register }
}

test('exchanges are data: as JSON they say the same', () => {
  expect(JSON.parse(JSON.stringify(exchanges))).toEqual(exchanges)
})

test('there are at least sixty, each with a name of its own', () => {
  expect(exchanges.length).toBeGreaterThanOrEqual(60)
  expect(new Set(exchanges.map(({ name }) => name)).size).toBe(exchanges.length)
})

test('a server is only asked for what it offers', () => {
  const { run, register } = collect()
  httpConformance({ test: register, rig: neverRuns })
  const everywhere = exchanges.filter(({ needs }) => needs === undefined)
  expect([...run.keys()]).toEqual(everywhere.map(({ name }) => name))
  const more = collect()
  httpConformance({ test: more.register, rig: neverRuns, offers: ['tokens'] })
  expect(more.run.size).toBeGreaterThan(run.size)
})

test('an exception is skipped with its reason; one without, or of no exchange, is refused', () => {
  const { run, skipped, register } = collect()
  const name = exchanges[0]?.name ?? ''
  httpConformance({ test: register, rig: neverRuns, except: { [name]: 'a proxy decides' } })
  expect(run.has(name)).toBe(false)
  expect(skipped).toEqual([`${name} (not kept: a proxy decides)`])
  const except = (exception: Record<string, string>) => () =>
    httpConformance({ test: register, rig: neverRuns, except: exception })
  expect(except({ [name]: ' ' })).toThrow('reason')
  expect(except({ 'no such exchange': 'x' })).toThrow('no such exchange')
})
