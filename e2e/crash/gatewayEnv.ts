import type { Sandbox, SandboxWallet } from '@key0/sandbox'
import type { Env } from './startGateway.ts'

/** 0.25 USDC, in its smallest unit. */
export const price = 250_000n

/** A gateway that sells one thing at `url`, and refunds nothing by itself. */
export function gatewayEnv(chain: Sandbox<string>, url: string): Env {
  return {
    KEY0_NETWORK: 'testnet',
    KEY0_PORT: new URL(url).port,
    KEY0_HOST: '127.0.0.1',
    KEY0_PUBLIC_URL: url,
    KEY0_WALLET_ADDRESS: walletOf(chain, 'seller').address,
    GAS_WALLET_PRIVATE_KEY: walletOf(chain, 'gas').privateKey,
    PLANS: '[{"planId":"report","unitAmount":"$0.25"}]',
    // Short, so that a lease which nobody returns is over within the test.
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    TOKEN_ISSUE_RETRIES: '0',
  }
}

/** What makes a program send money back. */
export function refundEnv(chain: Sandbox<string>): Env {
  return {
    KEY0_WALLET_PRIVATE_KEY: walletOf(chain, 'seller').privateKey,
    REFUND_INTERVAL_MS: '200',
  }
}

export function walletOf(chain: Sandbox<string>, name: string): SandboxWallet {
  const wallet = chain.wallets[name]
  if (!wallet) throw new Error(`There is no wallet "${name}"`)
  return wallet
}
