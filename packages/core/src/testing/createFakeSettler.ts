import type { Verification } from '../ports/Chain.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Settler } from '../ports/Settler.ts'
import { createFakeCarrier, type FakeCarrier } from './createFakeCarrier.ts'
import type { FakeLedger } from './createFakeLedger.ts'
import { fakeAccounts } from './mint.ts'

/** A gas wallet over a fake ledger. `precheckAnswer`, when set, is what a facilitator would say. */
export type FakeSettler = Settler & FakeCarrier & { precheckAnswer: Verification | undefined }

export function createFakeSettler(options: {
  readonly ledger: FakeLedger
  readonly clock: Clock
}): FakeSettler {
  const carrier = createFakeCarrier({ ...options, sender: fakeAccounts.gasWallet })
  const settler = Object.assign(carrier, {
    kind: 'gas-wallet' as const,
    precheckAnswer: undefined as Verification | undefined,
    precheck: async (): Promise<Verification> =>
      settler.precheckAnswer ?? { kind: 'valid', head: options.ledger.head() },
    submit: carrier.carry,
  })
  return settler
}
