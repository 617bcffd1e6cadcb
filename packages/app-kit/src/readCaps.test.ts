import { expect, test } from 'vitest'
import { createReader } from './Reader.ts'
import { type CapSetting, readCaps } from './readCaps.ts'

function read(values: Partial<Record<CapSetting, string>>) {
  const raw = { values, problems: [], nameOf: (setting: CapSetting) => setting }
  const reader = createReader<CapSetting>(raw)
  return { caps: readCaps(reader), problems: reader.problems }
}

test('without a cap all that is owed goes back; with some, those are read to the last unit', () => {
  expect(read({})).toEqual({ caps: undefined, problems: [] })
  expect(read({ refundMaxCountPerHour: '20', refundMaxValuePerDay: '$99.50' })).toEqual({
    caps: { hour: { count: 20 }, day: { value: 99_500_000n } },
    problems: [],
  })
})

test('a cap that is none is named, and no refund goes out under a guess', () => {
  const { problems } = read({
    refundMaxCountPerHour: '0',
    refundMaxCountPerDay: '-1',
    refundMaxValuePerHour: 'a lot',
    refundMaxValuePerDay: '0',
  })
  expect(problems.toSorted()).toEqual(
    [
      'refundMaxCountPerHour must be a whole number from 1 to 100000, not "0"',
      'refundMaxValuePerHour must be an amount such as $250 or 99.50, more than zero',
      'refundMaxCountPerDay must be a whole number from 1 to 100000, not "-1"',
      'refundMaxValuePerDay must be an amount such as $250 or 99.50, more than zero',
    ].toSorted(),
  )
})
