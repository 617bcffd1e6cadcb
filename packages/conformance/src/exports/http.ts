/*
 * Exchanges with a server that sells over x402 and HTTP, as data: what is sent, and what must come
 * back. They run over a real socket against any server whose handler stands over an `HttpWorld`.
 */
export { answerFile } from '../http/answerFile.ts'
export type {
  Exchange,
  Expected,
  Feature,
  Json,
  Left,
  Match,
  Sent,
  SentPayment,
  SentRequest,
  Source,
  Step,
  WorldEvent,
} from '../http/Exchange.ts'
export { exchanges } from '../http/exchanges.ts'
export {
  createHttpWorld,
  type HttpWorld,
  type MintToken,
  type SaleClaims,
} from '../http/HttpWorld.ts'
export { type HttpConformanceOptions, httpConformance } from '../http/httpConformance.ts'
export { listen } from '../http/listen.ts'
export { type HttpRig, runExchange } from '../http/runExchange.ts'
