import type {
  PaymentPayload,
  PaymentRequired,
  PaymentRequirements,
  SettlementResponse,
  V1PaymentPayload,
  V1PaymentRequired,
  V1SettlementResponse,
} from '../src/exports/index.ts'

const usdc = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const seller = '0x209693Bc6afc0C5328bA36FaF03C514EF312287C'
const buyer = '0x857b06519E91e3A54538791bDbb0E22373e36b66'

export const offer: PaymentRequirements = {
  scheme: 'exact',
  network: 'eip155:84532',
  amount: '10000',
  asset: usdc,
  payTo: seller,
  maxTimeoutSeconds: 300,
  extra: { name: 'USDC', version: '2' },
}

export const challenge: PaymentRequired = {
  x402Version: 2,
  error: 'Payment required',
  resource: { url: 'https://api.example/reports/42', description: 'Bericht für 報告 🧾' },
  accepts: [offer],
  extensions: { 'payment-identifier': { info: { required: false }, schema: {} } },
}

export const payment: PaymentPayload = {
  x402Version: 2,
  resource: challenge.resource,
  accepted: offer,
  payload: {
    signature: `0x${'5e'.repeat(65)}`,
    authorization: {
      from: buyer,
      to: seller,
      value: '10000',
      validAfter: '0',
      validBefore: '1740672154',
      nonce: `0x${'f3'.repeat(32)}`,
    },
  },
}

export const outcome: SettlementResponse = {
  success: true,
  payer: buyer,
  transaction: `0x${'12'.repeat(32)}`,
  network: 'eip155:84532',
}

export const v1Challenge: V1PaymentRequired = {
  x402Version: 1,
  error: 'Payment required',
  accepts: [
    {
      scheme: 'exact',
      network: 'base-sepolia',
      maxAmountRequired: '10000',
      resource: challenge.resource.url,
      description: 'Bericht für 報告 🧾',
      mimeType: 'application/json',
      payTo: seller,
      maxTimeoutSeconds: 300,
      asset: usdc,
      extra: { name: 'USDC', version: '2' },
    },
  ],
}

export const v1Payment: V1PaymentPayload = {
  x402Version: 1,
  scheme: 'exact',
  network: 'base-sepolia',
  payload: payment.payload,
}

export const v1Outcome: V1SettlementResponse = {
  success: true,
  transaction: outcome.transaction,
  network: 'base-sepolia',
  payer: buyer,
}
