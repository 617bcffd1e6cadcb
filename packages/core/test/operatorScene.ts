import type { ChallengeRecord } from '../src/challenge/ChallengeRecord.ts'
import type { Address, Hash } from '../src/challenge/hex.ts'
import type { Order } from '../src/operator/Order.ts'
import { createBuyer } from '../src/testing/createBuyer.ts'
import type { FakeTransfer } from '../src/testing/createFakeLedger.ts'
import {
  createTestContext,
  type TestProcess,
  type TestWorld,
} from '../src/testing/createTestContext.ts'
import { fakeAccounts } from '../src/testing/mint.ts'
import { refundPass } from '../src/testing/settleDown.ts'
import type { RefundContext } from '../src/usecases/RefundContext.ts'

export const order: Order = { actor: 'ada@example.com', reason: 'the buyer wrote to us' }

type Scene = TestWorld & {
  readonly world: TestWorld & TestProcess
  readonly ctx: RefundContext
  readonly sellUndelivered: (account?: Address) => Promise<string>
  /** Makes a refund fail as it does when there is no gas for a day. */
  readonly sellFailed: () => Promise<string>
  readonly read: (id: string) => Promise<ChallengeRecord>
  readonly pass: (ms?: number) => Promise<void>
  readonly hold: (id: string, held?: string) => Promise<void>
  readonly payByHand: (value?: bigint, to?: Address) => Hash
  /** What left the seller's wallet. */
  readonly back: () => readonly FakeTransfer[]
}

/** A shop whose backend fails, so that every payment is owed, and the operator's view of it. */
export function operatorScene(): Scene {
  const world = createTestContext()
  const ctx = world.refunds
  const sellUndelivered = async (account?: Address): Promise<string> => {
    const buyer = createBuyer(world, account)
    const challenge = await buyer.issue(world.engine)
    world.issuer.mood = 'fail'
    await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
    world.ledger.mine(3)
    return challenge.challengeId
  }
  const read = async (id: string) => (await world.store.get(id)) as ChallengeRecord
  const pass = async (ms = 301_000) => {
    world.clock.advance(ms)
    world.ledger.mine(3)
    await refundPass(ctx)
  }
  const sellFailed = async (): Promise<string> => {
    const id = await sellUndelivered()
    world.payout.outOfGas = true
    await pass()
    await pass(86_400_001)
    world.payout.outOfGas = false
    return id
  }
  const hold = async (id: string, held = 'somebody wants to look') => {
    const { version } = await read(id)
    const move = { id, from: 'PAID', to: 'PAID', version, key: world.newId() } as const
    await world.store.transition({ ...move, fields: { held } })
  }
  const payByHand = (value = 100_000n, to: Address = fakeAccounts.buyer) => {
    const call = { kind: 'transfer', from: fakeAccounts.seller, to, value } as const
    const { hash } = world.ledger.prepare([call], world.newId())
    world.ledger.broadcast(hash)
    world.ledger.mine(3)
    return hash
  }
  const back = () => world.ledger.transfers().filter(({ from }) => from === fakeAccounts.seller)
  return { ...world, world, ctx, sellUndelivered, sellFailed, read, pass, hold, payByHand, back }
}
