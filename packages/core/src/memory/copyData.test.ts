import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyData } from './copyData.ts'

test('copies as structuredClone does', () => {
  const data = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  })
  fc.assert(
    fc.property(data, (value) => {
      expect(copyData(value)).toStrictEqual(structuredClone(value))
    }),
    { numRuns: 1_000 },
  )
})

test('nothing of the copy is shared', () => {
  const original = { at: new Date(1), list: [{ n: 1n }], deep: { map: new Map([['a', 1]]) } }
  const copied = copyData(original)
  copied.at.setTime(2)
  copied.list.push({ n: 2n })
  copied.deep.map.clear()
  expect(original).toEqual({
    at: new Date(1),
    list: [{ n: 1n }],
    deep: { map: new Map([['a', 1]]) },
  })
})

test('a name that would set the prototype is a name', () => {
  const value = JSON.parse('{"a":{"__proto__":{"admin":true}}}')
  const { a } = copyData(value)
  expect(Object.getOwnPropertyNames(a)).toEqual(['__proto__'])
  expect(a.admin).toBeUndefined()
})

test('what is no data is refused', () => {
  expect(() => copyData({ grant: { call: () => 1 } })).toThrow('could not be cloned')
  expect(() => copyData([Symbol('s')])).toThrow('could not be cloned')
})
