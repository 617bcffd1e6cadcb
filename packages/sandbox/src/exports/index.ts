export { type ConnectOptions, connectSandbox, type SandboxControl } from '../connectSandbox.ts'
export type { ChainControl } from '../control/ChainControl.ts'
export type {
  Funding,
  MoneyControl,
  TransferFilter,
  UsdcTransfer,
} from '../control/MoneyControl.ts'
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
