import { Key0Error } from '@key0/core'
import { toConfig } from '../src/config.ts'
import { type Env, readEnv } from '../src/env.ts'
import type { GatewayConfig } from '../src/GatewayConfig.ts'

export const wallet: string = `0x${'a1'.repeat(20)}`
export const key: string = `0x${'3c'.repeat(32)}`
export const secret = 'a-secret-that-is-long-enough-for-hs256'
export const least: Env = { KEY0_WALLET_ADDRESS: wallet, KEY0_ACCESS_TOKEN_SECRET: secret }
export const mainnet: Env = {
  ...least,
  KEY0_NETWORK: 'mainnet',
  KEY0_PUBLIC_URL: 'https://shop.example',
  GAS_WALLET_PRIVATE_KEY: key,
  KEY0_WALLET_PRIVATE_KEY: key,
}
export const remote: Env = { ...least, ISSUE_TOKEN_API: 'https://shop.example/issue' }
/** Single requests, and no plan. */
export const requests: Env = {
  ROUTES: '[{"method":"GET","path":"/photos/:id","unitAmount":"$0.01"}]',
  PROXY_TO_BASE_URL: 'https://api.example',
}

export const configOf = (env: Env): GatewayConfig => toConfig(readEnv(env))

/** What is told of a configuration that is refused. */
export function problemsOf(env: Env): string {
  try {
    configOf(env)
  } catch (error) {
    if (Key0Error.is(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
  throw new Error('This configuration was accepted')
}
