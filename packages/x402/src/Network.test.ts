import { expect, test } from 'vitest'
import { captureWireError } from '../test/captureWireError.ts'
import { isNetwork, toChainId, toNetwork, v1NetworkChainIds } from './Network.ts'

test('chain ids and networks translate both ways', () => {
  for (const id of [1, 8453, 84532, Number.MAX_SAFE_INTEGER]) {
    expect(toChainId(toNetwork(id))).toBe(id)
  }
})

test('two spellings of one chain never both pass', () => {
  for (const bad of ['eip155:08453', 'eip155:0', 'eip155:9007199254740992', 'base', '']) {
    expect(isNetwork(bad)).toBe(false)
    expect(captureWireError(() => toChainId(bad)).code).toBe('FIELD_INVALID')
  }
  for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
    expect(captureWireError(() => toNetwork(bad)).code).toBe('FIELD_INVALID')
  }
})

test('no two version 1 names mean the same chain', () => {
  const ids = Object.values(v1NetworkChainIds)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(isNetwork(toNetwork(id))).toBe(true)
})
