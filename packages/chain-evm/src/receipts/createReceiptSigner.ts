import { type Hex, Key0Error, type ReceiptSigner } from '@key0/core'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { receiptTypedData } from './receiptTypedData.ts'

/**
 * Signs receipts with a local key by EIP-712, the same receipt always alike (RFC 6979).
 *
 * @throws CONFIG_INVALID when the key is none; never repeating it
 */
export function createReceiptSigner({ privateKey }: { readonly privateKey: Hex }): ReceiptSigner {
  const account = toAccount(privateKey)
  return {
    address: account.address,
    async sign(payload) {
      const signature = await account.signTypedData(receiptTypedData(payload))
      return { format: 'eip712', payload, signature }
    },
  }
}

function toAccount(privateKey: Hex): PrivateKeyAccount {
  try {
    return privateKeyToAccount(privateKey)
  } catch {
    // The library's own words may repeat the key.
    const expected = 'a private key: 0x and 64 hexadecimal digits'
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'privateKey', expected } })
  }
}
