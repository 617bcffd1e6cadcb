export { type A2aAgent, createA2aAgent } from '../agents/createA2aAgent.ts'
export { createHttpAgent, type HttpAgent } from '../agents/createHttpAgent.ts'
export type { AgentOptions, Bought } from '../agents/payment.ts'
export { type ConnectOptions, connectSandbox, type SandboxControl } from '../connectSandbox.ts'
export type { ChainControl } from '../control/ChainControl.ts'
export type {
  Funding,
  MoneyControl,
  TransferFilter,
  UsdcTransfer,
} from '../control/MoneyControl.ts'
export { deployPlainToken, type PlainToken, type PlainTransfer } from '../plain/deployPlainToken.ts'
export type { RecordedCall, WaitOptions } from '../proxy/CallLog.ts'
export type { RpcCall, RpcEffect, RpcRule, RpcRuleHandle } from '../proxy/RpcRule.ts'
export { type RpcFaults, rpcFaults } from '../proxy/rpcFaults.ts'
export { type RpcProxy, type RpcProxyOptions, startRpcProxy } from '../proxy/startRpcProxy.ts'
export { SandboxError, type SandboxErrorCode } from '../SandboxError.ts'
export {
  type SignedTransferAuthorization,
  type SignTransferAuthorizationOptions,
  signTransferAuthorization,
  type TransferAuthorization,
} from '../signTransferAuthorization.ts'
export { type Sandbox, type SandboxOptions, startSandbox } from '../startSandbox.ts'
export type { Usdc, UsdcPlace } from '../usdc/Usdc.ts'
export {
  type DefaultWalletName,
  deriveWallet,
  type SandboxWallet,
  type SandboxWallets,
} from '../Wallet.ts'
