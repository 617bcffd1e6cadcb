import { expect, test } from 'vitest'
import { address, network, object, string, uint256 } from './Fields.ts'

type Sample = { readonly id: string; readonly note?: string }

test('a schema that disagrees with its type does not compile', () => {
  object<Sample>({ id: string, note: string.nullish() })
  // @ts-expect-error A missing row.
  object<Sample>({ id: string })
  // @ts-expect-error A required field made optional.
  object<Sample>({ id: string.nullish(), note: string.nullish() })
  // @ts-expect-error An optional field made required.
  object<Sample>({ id: string, note: string })
  // @ts-expect-error A row too many.
  object<Sample>({ id: string, note: string.nullish(), other: string })
  // @ts-expect-error A row of another type.
  object<{ readonly id: number }>({ id: string })
})

test('null and absence are one thing, and leave no key behind', () => {
  const schema = object<Sample>({ id: string, note: string.nullish() })
  expect(Object.keys(schema.parse({ id: 'a', note: null }))).toEqual(['id'])
  expect(Object.keys(schema.parse({ id: 'a', other: 1 }))).toEqual(['id'])
})

test('amounts: the edges of uint256', () => {
  const max = 2n ** 256n - 1n
  expect(uint256.safeParse(`${max}`).success).toBe(true)
  expect(uint256.safeParse(`${max + 1n}`).success).toBe(false)
  expect(uint256.safeParse('0').success).toBe(true)
  for (const bad of ['', '-0', '00', '0x1', '1n', '1_000', '١', ' 1', '1 ', '1e0', 1, 1n, null]) {
    expect(uint256.safeParse(bad).success).toBe(false)
  }
})

test('addresses and networks refuse their neighbours', () => {
  expect(address.safeParse(`0x${'0'.repeat(40)}`).success).toBe(true)
  for (const bad of [`0x${'0'.repeat(41)}`, `0x${'g'.repeat(40)}`, `0x${'0'.repeat(40)}\n`]) {
    expect(address.safeParse(bad).success).toBe(false)
  }
  expect(network.safeParse('eip155:1').success).toBe(true)
  for (const bad of ['eip155:', 'EIP155:1', 'eip155:1 ', 'eip155:+1', 'eip155:1.0', 8453]) {
    expect(network.safeParse(bad).success).toBe(false)
  }
})
