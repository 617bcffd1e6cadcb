import type { Hex } from '@key0/core'
import { size } from 'viem'

/**
 * The gas limit of a transaction that carries an authorization. USDC behind its proxy takes about
 * 90,000 for a payee that never held it. A contract payer's own check (EIP-1271) can take far
 * more; 65 bytes may be a contract's too, so that the simulation, which runs under this very
 * limit, decides whether it fits.
 */
export function carrierGas(signature: Hex): bigint {
  return size(signature) === 65 ? 200_000n : 500_000n
}
