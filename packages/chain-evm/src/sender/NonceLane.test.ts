import { expect, test } from 'vitest'
import { createNonceLane } from './NonceLane.ts'

test('nonces are handed out in a row, however many ask before the first is known', async () => {
  let reads = 0
  const lane = createNonceLane(async () => {
    reads += 1
    return 7
  })
  expect(await Promise.all([lane.take(), lane.take(), lane.take()])).toEqual([7, 8, 9])
  expect(reads).toBe(1)
})

test('a nonce given back in the middle is the next to be used', async () => {
  const lane = createNonceLane(async () => 0)
  await Promise.all([lane.take(), lane.take(), lane.take()])
  lane.giveBack(1)
  expect(lane.holes()).toEqual([1])
  expect(await lane.take()).toBe(1)
  expect(await lane.take()).toBe(3)
})

test('nonces given back at the end shorten the lane, in any order', async () => {
  const lane = createNonceLane(async () => 0)
  await Promise.all([lane.take(), lane.take(), lane.take()])
  lane.giveBack(1)
  lane.giveBack(2)
  expect(lane.holes()).toEqual([])
  expect(await lane.take()).toBe(1)
})

test('a lane that fell behind the account jumps, and forgets holes that were used', async () => {
  const lane = createNonceLane(async () => 0)
  await Promise.all([lane.take(), lane.take(), lane.take()])
  lane.giveBack(0)
  lane.advance(5)
  expect(lane.holes()).toEqual([])
  expect(await lane.take()).toBe(5)
  lane.advance(2)
  expect(lane.next()).toBe(6)
})

test('a count that cannot be read is asked for again', async () => {
  let fails = true
  const lane = createNonceLane(async () => {
    if (fails) throw new Error('down')
    return 3
  })
  await expect(lane.take()).rejects.toThrow('down')
  fails = false
  expect(await lane.take()).toBe(3)
})
