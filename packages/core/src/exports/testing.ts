export { checkInvariants } from '../testing/checkInvariants.ts'
export {
  type Campaign,
  type Client,
  type Flow,
  flows,
  type Run,
  runFlow,
  runPairs,
  runSingles,
} from '../testing/crashFlows.ts'
export { type Answer, asksToSign, type Buyer, codeOf, createBuyer } from '../testing/createBuyer.ts'
export type { CarrierMood, FakeCarrier } from '../testing/createFakeCarrier.ts'
export { createFakeChain, type FakeChain, toEvidence } from '../testing/createFakeChain.ts'
export { createFakeClock, type FakeClock } from '../testing/createFakeClock.ts'
export { createFakeIssuer, type FakeIssuer, type IssuerMood } from '../testing/createFakeIssuer.ts'
export {
  createFakeLedger,
  type FakeCall,
  type FakeLedger,
  type FakeNonce,
  type FakeTransaction,
  type FakeTransfer,
} from '../testing/createFakeLedger.ts'
export { createFakePayout, type FakePayout } from '../testing/createFakePayout.ts'
export { createFakeSettler, type FakeSettler } from '../testing/createFakeSettler.ts'
export {
  Crash,
  createFaults,
  type FakeProcess,
  type Fault,
  type FaultKind,
  type Faults,
  faultKinds,
} from '../testing/createFaults.ts'
export {
  createTestContext,
  createTestWorld,
  type Received,
  startProcess,
  type TestProcess,
  type TestWorld,
  testSettings,
} from '../testing/createTestContext.ts'
export { fakeAddress, fakeHash, fakeSignature, signAuthorization } from '../testing/fakeHash.ts'
export {
  fakeAccounts,
  fakeChainId,
  mintAuthorization,
  mintBase,
  mintIntent,
} from '../testing/mint.ts'
export { isSettled, listRecords, refundPass, settleDown } from '../testing/settleDown.ts'
