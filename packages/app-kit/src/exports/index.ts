/*
 * What our programs share, so that a setting, a log line and an end mean the same in each. Nothing
 * here is published.
 */
export { alertDisagreement } from '../alertDisagreement.ts'
export { type BackendAuth, readBackendAuth, toAuth } from '../backendAuth.ts'
export { createProbe, HEALTH_TTL_MS } from '../createProbe.ts'
export { gatewayNames } from '../Environment.ts'
export { logDelivery } from '../logDelivery.ts'
export { describeError, digestId, logEvent } from '../logEvent.ts'
export { type LogLevel, logLevels } from '../logLevels.ts'
export { type OpenStore, openStore } from '../openStore.ts'
export { deliveryDesk } from '../operator/deliveryDesk.ts'
export { findMoney } from '../operator/findMoney.ts'
export type { Question } from '../operator/Question.ts'
export { resolveId } from '../operator/resolveId.ts'
export { toJson } from '../operator/toJson.ts'
export { assertFaultless, createReader, type Reader } from '../Reader.ts'
export { readHeaderSecret } from '../readHeaderSecret.ts'
export { type Network, type NetworkConfig, readNetwork } from '../readNetwork.ts'
export { type RefundConfig, readRefunds } from '../readRefunds.ts'
export {
  type Env,
  knownNames,
  type RawConfig,
  readSettings,
  secretNames,
} from '../readSettings.ts'
export { readStorage, redisProtocols, type StorageConfig } from '../readStorage.ts'
export { remember } from '../remember.ts'
export { reportWaiting } from '../reportWaiting.ts'
export { type Program, runProgram } from '../runProgram.ts'
export { type Serving, serveHttp } from '../serveHttp.ts'
export {
  judgeKey,
  keyIdOf,
  readPair,
  readPem,
  readSecret,
  type TokenKey,
} from '../signingKeys.ts'
