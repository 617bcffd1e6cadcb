import { expect, test } from 'vitest'
import { type EngineMark, nextLineage, readMark } from './lineage.ts'

const zeros = '0'.repeat(40)
const durable = {
  run_id: 'r1',
  role: 'master',
  aof_enabled: '1',
  aof_last_write_status: 'ok',
  master_replid2: zeros,
  second_repl_offset: '-1',
}
const aof = readMark(durable, 'always')
const promoted = (id: string): EngineMark =>
  readMark({ ...durable, master_replid2: id, second_repl_offset: '9' }, 'always')
const fresh = (runId: string): EngineMark => readMark({ ...durable, run_id: runId }, 'everysec')

test('only a primary that writes every acknowledgement to disk outlives its process', () => {
  expect(aof.life).toBe('aof')
  expect(readMark({ ...durable, run_id: 'r2' }, 'always').life).toBe('aof')
  expect(readMark({ ...durable, role: 'slave' }, 'always').life).toBe('run:r1')
  expect(readMark({ ...durable, aof_enabled: '0' }, 'always').life).toBe('run:r1')
  expect(readMark({ ...durable, aof_last_write_status: 'err' }, 'always').life).toBe('run:r1')
  expect(readMark(durable, 'everysec').life).toBe('run:r1')
  expect(readMark(durable, undefined).life, 'when it may not be asked').toBe('run:r1')
})

test('a promotion is a change, and forgetting it later is none', () => {
  const first = nextLineage([aof], undefined)
  const second = nextLineage([promoted('a')], first)
  expect(second).not.toBe(first)
  expect(nextLineage([promoted('a')], second)).toBe(second)
  expect(nextLineage([aof], second), 'once it was started again').toBe(second)
  const third = nextLineage([promoted('b')], second)
  expect([first, second]).not.toContain(third)
})

test('over several nodes each change counts, their order and number do not', () => {
  const all = nextLineage([aof, fresh('x'), fresh('y')], undefined)
  expect(nextLineage([fresh('y'), aof, fresh('x')], all)).toBe(all)
  expect(nextLineage([aof, aof, fresh('x'), fresh('y')], all), 'one more').toBe(all)
  expect(nextLineage([aof, fresh('x'), fresh('z')], all)).not.toBe(all)
  const one = nextLineage([aof, promoted('a')], nextLineage([aof, aof], undefined))
  const both = nextLineage([promoted('b'), promoted('a')], one)
  expect(both).not.toBe(one)
  expect(nextLineage([promoted('b'), aof], both)).toBe(both)
})

test('that a part went back stays in the lineage', () => {
  const before = nextLineage([aof], undefined)
  const after = nextLineage([aof], before, 7)
  expect(after).not.toBe(before)
  expect(nextLineage([aof], after)).toBe(after)
  expect(nextLineage([aof], after, 8)).not.toBe(after)
})
