import type { ChallengeRecord } from '@key0/core'
import type { RpcRule } from '@key0/sandbox'
import type { Scene } from './startScene.ts'

/** A moment in the life of one payment at which the gateway is killed. */
export type Point = {
  readonly name: string
  /** Sets the trap before the buyer buys. What it returns resolves when the gateway is in it. */
  readonly arm: (scene: Scene) => Promise<() => Promise<unknown>>
  /** What the world does while nobody is there. */
  readonly whileDead?: (scene: Scene) => Promise<unknown>
}

type Condition = (records: readonly ChallengeRecord[]) => boolean

const always: Condition = () => true
const refundIs =
  (stage: string): Condition =>
  (records) =>
    records.some(({ state, refund }) => state === 'REFUND_PENDING' && refund?.stage === stage)

/** Calls of these methods never reach the node and are never answered. */
function hang(
  { rpc, ledger }: Scene,
  method: RpcRule['method'] | undefined,
  holds: Condition,
): () => Promise<void> {
  return trap((caught) => {
    rpc.add({
      ...(method !== undefined && { method }),
      when: () => {
        const isNow = holds(ledger().records())
        if (isNow) caught()
        return isNow
      },
      effect: { kind: 'hang' },
    })
  })
}

/** Calls of the method are executed, and their answers get lost. */
function loseAnswer(scene: Scene, method: string, holds: Condition): () => Promise<unknown> {
  const { rpc, ledger } = scene
  let before = 0
  const asked = trap((caught) => {
    rpc.add({
      method,
      when: () => {
        const isNow = holds(ledger().records())
        if (isNow) {
          before = rpc.count(method)
          caught()
        }
        return isNow
      },
      effect: { kind: 'hangAfter' },
    })
  })
  return async () => {
    await asked()
    await rpc.waitForCall(method, { nth: before, until: 'settled' })
  }
}

/** The answer to the method arrives, and what it means can no longer be written down. */
function lockAfter(scene: Scene, method: string, holds: Condition): () => Promise<void> {
  const { rpc, ledger } = scene
  const locked = trap((caught) => {
    rpc.add({
      method,
      when: () => holds(ledger().records()),
      effect: {
        kind: 'rewrite',
        result: (result) => {
          ledger().lock()
          caught()
          return result
        },
      },
    })
  })
  return async () => {
    await locked()
    await untilItHangs(scene)
  }
}

/** A gateway that waits for the lock of its database answers nobody. */
async function untilItHangs({ url }: Scene): Promise<void> {
  const deadline = Date.now() + 4_000
  while (Date.now() < deadline) {
    const answer = fetch(`${url}/health`, { signal: AbortSignal.timeout(300) })
    if (!(await answer.catch(() => undefined))) return
  }
  throw new Error('The gateway never came to its write')
}

function trap(set: (caught: () => void) => void): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  set(resolve)
  return () => promise
}

const toEvidence = ['eth_getTransactionReceipt', 'eth_getLogs'] as const

export const paymentPoints: readonly Point[] = [
  {
    name: 'while the payment is verified',
    arm: async (scene) => hang(scene, 'eth_call', always),
  },
  {
    name: 'with the intent stored and nothing signed',
    arm: async (scene) => hang(scene, 'eth_getTransactionCount', always),
  },
  {
    name: 'with the transaction stored and not broadcast',
    arm: async (scene) => hang(scene, 'eth_sendRawTransaction', always),
  },
  {
    name: 'when the reply to the broadcast is lost',
    arm: async (scene) => loseAnswer(scene, 'eth_sendRawTransaction', always),
  },
  {
    name: 'when the payment waits in the pool; it is mined while nobody is there',
    async arm(scene) {
      await scene.chain.stallBlocks()
      return () => scene.rpc.waitForCall('eth_sendRawTransaction', { until: 'settled' })
    },
    whileDead: ({ chain }) => chain.resumeBlocks(),
  },
  {
    name: 'when the payment waits in the pool; the pool loses it',
    async arm(scene) {
      await scene.chain.stallBlocks()
      return () => scene.rpc.waitForCall('eth_sendRawTransaction', { until: 'settled' })
    },
    async whileDead({ chain, ledger }) {
      const sent = ledger().records()[0]?.intent?.submissions.at(-1)?.txHash
      if (!sent || !(await chain.dropTransaction(sent))) throw new Error('Nothing was in the pool')
      await chain.resumeBlocks()
    },
  },
  {
    name: 'when the payment is mined and its receipt not read',
    arm: async (scene) => hang(scene, toEvidence, always),
  },
  {
    name: 'when the receipt is read and PAID not written',
    arm: async (scene) => lockAfter(scene, 'eth_getTransactionReceipt', always),
  },
  {
    name: 'while the backend issues the token',
    async arm({ backend }) {
      backend.setMode('hold')
      return () => backend.nextRequest()
    },
  },
  {
    name: 'when the backend has answered and DELIVERED is not written',
    async arm(scene) {
      scene.backend.setBeforeAnswer(() => scene.ledger().lock())
      return async () => {
        await scene.backend.nextRequest()
        await untilItHangs(scene)
      }
    },
  },
]

export const refundPoints: readonly Point[] = [
  {
    name: 'when the refund is claimed and not signed',
    arm: async (scene) => hang(scene, undefined, refundIs('INTENT')),
  },
  {
    name: 'when the refund is signed and has no transaction yet',
    arm: async (scene) => hang(scene, undefined, refundIs('SIGNED')),
  },
  {
    name: 'when the transaction of the refund is stored and not broadcast',
    arm: async (scene) => hang(scene, 'eth_sendRawTransaction', refundIs('SENT')),
  },
  {
    name: 'when the reply to the broadcast of the refund is lost',
    arm: async (scene) => loseAnswer(scene, 'eth_sendRawTransaction', refundIs('SENT')),
  },
  {
    name: 'when the refund waits in the pool; it is mined while nobody is there',
    async arm(scene) {
      const { rpc, chain, ledger } = scene
      const stalled = Promise.withResolvers<void>()
      rpc.add({
        method: 'eth_sendRawTransaction',
        when: () => {
          const isNow = refundIs('SENT')(ledger().records())
          if (isNow) chain.stallBlocks().then(stalled.resolve, stalled.reject)
          return isNow
        },
        effect: { kind: 'hold', until: stalled.promise },
      })
      return loseAnswer(scene, 'eth_sendRawTransaction', refundIs('SENT'))
    },
    whileDead: ({ chain }) => chain.resumeBlocks(),
  },
  {
    name: 'when the refund is mined and its receipt not read',
    arm: async (scene) => hang(scene, toEvidence, refundIs('SENT')),
  },
  {
    name: 'when the receipt of the refund is read and REFUNDED not written',
    arm: async (scene) => lockAfter(scene, 'eth_getTransactionReceipt', refundIs('SENT')),
  },
]
