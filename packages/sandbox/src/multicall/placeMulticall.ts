import type { Address } from 'viem'
import type { Rpc } from '../Rpc.ts'
import { multicall3Code } from './multicall3Code.ts'

/** Where Multicall3 is on nearly every chain. */
const multicall3Address: Address = '0xcA11bde05977b3631167028862bE2a173976CA11'

/** Puts Multicall3 where live chains have it. Its constructor does nothing, so its code is all. */
export async function placeMulticall(rpc: Rpc): Promise<void> {
  await rpc.request('anvil_setCode', [multicall3Address, multicall3Code])
}
