import { type ChallengeStore, type Outcome, type State, states, transitions } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { expect, test } from 'vitest'
import { createMint } from '../store/createMint.ts'
import { createSteeredClock, type SteeredClock } from '../store/createSteeredClock.ts'
import { checkModel } from './checkModel.ts'
import { modelSettings, storeModel } from './storeModel.ts'

function rigOf(make: (clock: SteeredClock) => ChallengeStore) {
  return async () => {
    const clock = createSteeredClock()
    const store = make(clock)
    const dispose = () => store.close()
    return { store, peer: store, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  }
}
const rig = rigOf((clock) => createMemoryStore({ clock }))

/** A runner that only remembers. */
function collect() {
  const run = new Map<string, () => Promise<void>>()
  return { run, register: (name: string, body: () => Promise<void>) => void run.set(name, body) }
}

test('sequences reach every answer of every operation, and every row of the table', async () => {
  const met = new Set<string>()
  const note = (name: string, outcome: Outcome) => {
    met.add(`${name} ${outcome.kind}`)
    if (outcome.kind !== 'applied') return outcome
    met.add(outcome.record.state)
    return outcome
  }
  const noting = rigOf((clock) => {
    const store = createMemoryStore({ clock })
    return {
      ...store,
      create: async (...call) => note('create', await store.create(...call)),
      reserve: async (...call) => note('reserve', await store.reserve(...call)),
      settle: async (...call) => note('settle', await store.settle(...call)),
      postpone: async (...call) => note('postpone', await store.postpone(...call)),
      async transition(move) {
        const outcome = note('transition', await store.transition(move))
        if (outcome.kind === 'applied') met.add(`${move.from} to ${move.to}`)
        return outcome
      },
    }
  })
  await checkModel({ rig: noting, seed: 1, runs: 1_000, maxCommands: 16 })
  const writes = ['applied', 'replayed', 'foreign', 'lost', 'absent']
  const rows = transitions.filter(({ from, to }) => from !== 'PENDING' || to !== 'PAID')
  const expected: readonly (string | State)[] = [
    ...states,
    ...rows.map(({ from, to }) => `${from} to ${to}`),
    ...['create applied', 'create replayed'],
    ...writes.flatMap((kind) => [`reserve ${kind}`, `settle ${kind}`]),
    ...writes.filter((kind) => kind !== 'foreign').map((kind) => `transition ${kind}`),
    ...['postpone applied', 'postpone lost', 'postpone absent'],
  ]
  expect([...met].toSorted()).toEqual(expected.toSorted())
})

test('a failure tells the seed, the shortest sequence found, and what was seen', async () => {
  const broken = rigOf((clock) => {
    const store = createMemoryStore({ clock })
    return {
      ...store,
      async transition(move) {
        const outcome = await store.transition(move)
        return outcome.kind === 'absent' ? { kind: 'lost', record: {} as never } : outcome
      },
    }
  })
  const failing = checkModel({ rig: broken, seed: 7, runs: 1_000, maxCommands: 16 })
  const { message } = await failing.then(
    () => expect.unreachable(),
    (error: Error) => error,
  )
  expect(message).toMatch(/^Sequence \d+ of seed 7 leads the store away from the model.\n/)
  expect(message.split('\n')).toHaveLength(3)
  expect(message).toMatch(/1\. (store|peer ) ?\.transition\(\{"id":/)
  expect(message).toMatch(/After the last: the answer: at kind expected "absent", saw "lost"$/)
})

test('the same seed draws the same sequences', async () => {
  const drawn = async () => {
    const keys: string[] = []
    const noting = rigOf((clock) => {
      const store = createMemoryStore({ clock })
      const create: ChallengeStore['create'] = (base, attempt) => {
        keys.push(attempt.key)
        return store.create(base, attempt)
      }
      return { ...store, create }
    })
    await checkModel({ rig: noting, seed: 3, runs: 20, maxCommands: 16 })
    return keys
  }
  expect(await drawn()).toEqual(await drawn())
})

test('sequences are registered in small tests, and every test names its seed', () => {
  const { run, register } = collect()
  storeModel({ test: register, rig, runs: 120, seed: 5 })
  expect([...run.keys()]).toEqual([
    'model: sequences 1 to 50 (seed 5)',
    'model: sequences 51 to 100 (seed 6)',
    'model: sequences 101 to 120 (seed 7)',
  ])
})

test('settings are read from the environment', () => {
  expect(modelSettings({})).toEqual({})
  expect(modelSettings({ KEY0_MODEL_RUNS: '50000', KEY0_MODEL_SEED: '' })).toEqual({ runs: 50_000 })
  const all = { KEY0_MODEL_RUNS: '1', KEY0_MODEL_SEED: '0', KEY0_MODEL_MAX_COMMANDS: '9' }
  expect(modelSettings(all)).toEqual({ runs: 1, seed: 0, maxCommands: 9 })
})

test.each(['runs', 'seed', 'maxCommands', 'earlyMs'])(
  '%s that is no whole number is refused',
  (name) => {
    const { run, register } = collect()
    for (const value of [Number.NaN, -1, 1.5])
      expect(() => storeModel({ test: register, rig, [name]: value })).toThrow(
        `${name} is ${value}`,
      )
    expect(run.size).toBe(0)
  },
)
