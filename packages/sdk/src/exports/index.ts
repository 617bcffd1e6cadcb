export { createKey0 } from '../createKey0.ts'
export type {
  ExactRail,
  GateDiscovery,
  Receipt,
  RequirePaymentOptions,
} from '../gate/GateOptions.ts'
export { type Gate, readGate } from '../gate/readGate.ts'
export type { AccessCall, Key0, Settled, X402Challenge } from '../Key0.ts'
export type { PaidReceipt } from '../PaidReceipt.ts'
export type { Check, Readiness } from '../Readiness.ts'
export type { SellerConfig } from '../SellerConfig.ts'
