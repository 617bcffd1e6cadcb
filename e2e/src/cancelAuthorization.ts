import type { Sandbox } from '@key0/sandbox'
import { createWalletClient, http, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Wallet } from './startShop.ts'

/** The signer takes back what it signed: its nonce can no longer move anything. */
export async function cancelAuthorization(
  chain: Sandbox,
  signer: Wallet,
  nonce: `0x${string}`,
): Promise<void> {
  const account = privateKeyToAccount(signer.privateKey)
  const signature = await account.signTypedData({
    domain: chain.usdc.domain,
    types: {
      CancelAuthorization: [
        { name: 'authorizer', type: 'address' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'CancelAuthorization',
    message: { authorizer: signer.address, nonce },
  })
  const wallet = createWalletClient({ account, chain: chain.chain, transport: http(chain.rpcUrl) })
  await wallet.writeContract({
    address: chain.usdc.address,
    abi: parseAbi([
      'function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)',
    ]),
    functionName: 'cancelAuthorization',
    args: [signer.address, nonce, signature],
    ...{ gas: 200_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n },
  })
}
