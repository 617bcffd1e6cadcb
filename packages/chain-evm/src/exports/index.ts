export { createEvmChain, type EvmChainOptions } from '../chain/createEvmChain.ts'
export type { Block, EvmChain } from '../chain/EvmChain.ts'
export type { ChainRow, TokenRow } from '../chains/ChainRow.ts'
export { chains } from '../chains/chains.ts'
export { findChain, findToken } from '../chains/findChain.ts'
export {
  createFacilitatorSettler,
  defaultFacilitatorUrl,
  type FacilitatorOptions,
  type FacilitatorSettler,
  type FacilitatorSupport,
} from '../facilitator/createFacilitatorSettler.ts'
export { createPayout, type PayoutOptions } from '../payout/createPayout.ts'
export {
  createTransferPayout,
  type TransferPayoutOptions,
} from '../payout/createTransferPayout.ts'
export { keyNonce } from '../payout/keyNonce.ts'
export type { PayeeSigner, PayeeTypedData } from '../payout/PayeeSigner.ts'
export { probeSigner } from '../payout/probeSigner.ts'
export { refundNonce } from '../payout/refundNonce.ts'
export { createReceiptSigner } from '../receipts/createReceiptSigner.ts'
export { type ReceiptVerdict, verifyReceipt } from '../receipts/verifyReceipt.ts'
export type { Rpc } from '../rpc/Rpc.ts'
export {
  createSender,
  type SenderOptions,
  type TransactionSigner,
} from '../sender/createSender.ts'
export type {
  BroadcastReply,
  Sender,
  SenderCall,
  SentTransaction,
} from '../sender/Sender.ts'
export type { WalletLock } from '../sender/WalletLock.ts'
export {
  createGasWalletSettler,
  type GasWalletOptions,
  type GasWalletSettler,
} from '../settle/createGasWalletSettler.ts'
export { probeToken } from '../token/probeToken.ts'
export { type Payee, readPayee } from '../token/readPayee.ts'
