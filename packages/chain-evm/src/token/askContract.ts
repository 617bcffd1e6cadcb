import type { Address, Hash, Hex } from '@key0/core'
import type { Rpc } from '../rpc/Rpc.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { readHasCode, readView } from './callToken.ts'

const magic = '0x1626ba7e'

/**
 * Whether a contract account acknowledges a signature (EIP-1271). False for accounts without
 * code, and for contracts that revert or burn the gas they are given.
 */
export async function askContract(
  rpc: Rpc,
  account: Address,
  digest: Hash,
  signature: Hex,
): Promise<boolean> {
  if (!(await readHasCode(rpc, account))) return false
  try {
    return (await readView(rpc, account, 'isValidSignature', [digest, signature])) === magic
  } catch (error) {
    if (isRevert(error)) return false
    throw error
  }
}
