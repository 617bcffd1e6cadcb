import type { Delivered } from '@key0/core'
import { encodeSettlementResponse, toNetwork } from '@key0/x402'
import { grantHeaders } from './respond.ts'

/** The grant, and what became of the payment. The same purchase gets the same bytes every time. */
export function writeGrant({ challenge, grant, txHash }: Delivered): Response {
  const outcome = encodeSettlementResponse({
    success: true,
    transaction: txHash,
    network: toNetwork(challenge.chainId),
    amount: `${challenge.amountRaw}`,
    ...(challenge.fromAddress && { payer: challenge.fromAddress }),
  })
  return new Response(JSON.stringify(grant), {
    status: 200,
    headers: { ...grantHeaders, 'payment-response': outcome },
  })
}
