import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRig, type TestRig } from '../../test/rig.ts'

let rig: TestRig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig[Symbol.asyncDispose]())

const timeOf = async (number: bigint): Promise<bigint> => {
  const [block] = await Promise.all([
    rig.chain.rpc.request<{ timestamp: `0x${string}` }>('eth_getBlockByNumber', [
      `0x${number.toString(16)}`,
      false,
    ]),
  ])
  return BigInt(block.timestamp)
}

test('the block before any instant is found, however uneven the blocks are', async () => {
  for (const seconds of [1, 400, 3, 86_400, 7, 7, 2_000]) {
    await rig.sandbox.increaseTime(seconds)
    await rig.sandbox.mine(1)
  }
  const head = await rig.sandbox.blockNumber()
  const times = await Promise.all(
    Array.from({ length: Number(head) + 1 }, (_, number) => timeOf(BigInt(number))),
  )
  for (const time of times.flatMap((each) => [each - 1n, each, each + 1n])) {
    const expected = times.findLastIndex((each) => each < time)
    expect(await rig.chain.blockBefore(time)).toBe(BigInt(Math.max(0, expected)))
  }
})

test('a node that does not know old blocks is not believed to have none', async () => {
  rig.proxy.add({ method: 'eth_getBlockByNumber', effect: { kind: 'rewrite', result: () => null } })
  const asked = rig.chain.blockBefore(1n)
  await expect(asked).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  rig.proxy.clear()
})
