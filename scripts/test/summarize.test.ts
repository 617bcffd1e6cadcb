import { expect, test } from 'vitest'
import { type Report, summarize } from './summarize.ts'

function report(...files: readonly (readonly [string, ...string[]])[]): Report {
  return {
    testResults: files.map(([status, ...cases]) => ({
      name: 'some.test.ts',
      status,
      assertionResults: cases.map((each) => ({ status: each })),
    })),
  }
}

test('counts cases over all files', () => {
  const run = report(['passed', 'passed', 'passed'], ['failed', 'passed', 'failed'])
  expect(summarize(run, 1)).toEqual({ line: '3 passed, 1 failed', ok: false, reasons: [] })
})

test('a run in which everything passed is the only one that is ok', () => {
  expect(summarize(report(['passed', 'passed']), 0)).toMatchObject({
    line: '1 passed, 0 failed',
    ok: true,
  })
})

test('skipped and unwritten tests are counted apart', () => {
  const run = report(['passed', 'passed', 'skipped', 'pending', 'todo'])
  expect(summarize(run, 0)).toMatchObject({ line: '1 passed, 0 failed, 3 skipped', ok: true })
})

test('a file that cannot be loaded is a failure even beside passing ones', () => {
  const run = summarize(report(['passed', 'passed'], ['failed']), 1)
  expect(run).toMatchObject({ line: '1 passed, 1 failed', ok: false })
  expect(run.reasons).toHaveLength(1)
})

test('an error outside every test is a failure', () => {
  const run = summarize(report(['passed', 'passed']), 1)
  expect(run).toMatchObject({ line: '1 passed, 1 failed', ok: false })
})

test('a run without tests proves nothing and fails', () => {
  expect(summarize(report(), 0)).toMatchObject({ line: '0 passed, 1 failed', ok: false })
  expect(summarize(report(['passed', 'skipped']), 0)).toMatchObject({ ok: false })
})

test('a runner that died is a failure', () => {
  expect(summarize(undefined, 137)).toMatchObject({ line: '0 passed, 1 failed', ok: false })
})
