import { fakeAccounts, signAuthorization } from '@key0/core/testing'
import { decodePaymentRequired, encodePaymentHeader } from '@key0/x402'

/** Buys one request on the chain in memory. @returns the payment header, which may be sent again */
export async function payFor(url: string): Promise<string> {
  const unpaid = await fetch(url)
  const required = decodePaymentRequired(unpaid.headers.get('payment-required') ?? '')
  const { expiresAt } = (await unpaid.json()) as { expiresAt: string }
  const [accepted] = required.accepts
  if (!accepted) throw new Error('nothing is offered')
  // The chain's clock stands where the challenge was made, fifteen minutes before it ends.
  const now = Math.floor(Date.parse(expiresAt) / 1_000) - 900
  const { signature, ...message } = signAuthorization(accepted.asset, {
    ...{ from: fakeAccounts.buyer, to: accepted.payTo, value: BigInt(accepted.amount) },
    ...{ validAfter: 0n, validBefore: BigInt(now + accepted.maxTimeoutSeconds) },
    nonce: `0x${'07'.repeat(32)}`,
  })
  const authorization = {
    ...message,
    value: `${message.value}`,
    validAfter: `${message.validAfter}`,
    validBefore: `${message.validBefore}`,
  }
  const payment = encodePaymentHeader({
    ...{ x402Version: 2, resource: required.resource, accepted },
    payload: { signature, authorization },
  })
  const paid = await fetch(url, { headers: { 'payment-signature': payment } })
  if (paid.status !== 200) throw new Error(`HTTP ${paid.status}: ${await paid.text()}`)
  await paid.arrayBuffer()
  return payment
}
