import { expect, test } from 'vitest'
import { inTurn } from './inTurn.ts'

const after = (ms: number, answer: string | undefined) => () =>
  new Promise<string | undefined>((resolve) => setTimeout(() => resolve(answer), ms))
const forgotten = (): Promise<string | undefined> => new Promise(() => {})

test('the first that decides is the only one asked', async () => {
  let asked = 0
  const count = async (): Promise<string> => {
    asked += 1
    return `${asked}`
  }
  expect(await inTurn([count, count], 1_000)).toBe('1')
  expect(asked).toBe(1)
})

test('who does not decide is followed by the next at once', async () => {
  const startedAtMs = performance.now()
  expect(await inTurn([after(0, undefined), after(0, 'second')], 60_000)).toBe('second')
  expect(performance.now() - startedAtMs).toBeLessThan(30_000)
})

test('who is slow does not hold up the next, and may still be the first to answer', async () => {
  expect(await inTurn([forgotten, after(0, 'second')], 5)).toBe('second')
  expect(await inTurn([after(300, 'first'), forgotten], 200)).toBe('first')
})

test('the last is not waited for for ever', async () => {
  expect(await inTurn([forgotten], 5)).toBeUndefined()
  expect(await inTurn([after(300, 'late')], 200)).toBe('late')
})

test('nobody decides, and nobody is asked', async () => {
  expect(await inTurn([after(20, undefined), after(0, undefined)], 5)).toBeUndefined()
  expect(await inTurn([], 5)).toBeUndefined()
})

test('who throws is not taken for an answer', async () => {
  const broken = async (): Promise<string> => {
    throw new Error('the store is away')
  }
  await expect(inTurn([broken, after(0, 'second')], 5)).rejects.toThrow('the store is away')
})
