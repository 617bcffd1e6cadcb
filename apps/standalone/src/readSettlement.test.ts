import { describe, expect, test } from 'vitest'
import { configOf, key, least, mainnet, problemsOf } from '../test/settings.ts'
import type { Env } from './env.ts'

describe('settlement', () => {
  const gas = { GAS_WALLET_PRIVATE_KEY: key }
  test.each<readonly [string, Env, string]>([
    ['a key alone', gas, 'gas-wallet'],
    ['a key and true', { ...gas, USE_GAS_WALLET: 'true' }, 'gas-wallet'],
    ['a key and false', { ...gas, USE_GAS_WALLET: 'false' }, 'facilitator'],
    ['no key', { KEY0_FACILITATOR_URL: 'https://f.example' }, 'facilitator'],
  ])('USE_GAS_WALLET: %s', (_, env, mode) => {
    expect(configOf({ ...least, ...env }).settlement.mode).toBe(mode)
  })

  test('of several gas wallets the first settles, and all carry refunds', () => {
    const other = `0x${'4d'.repeat(32)}`
    const config = configOf({ ...least, GAS_WALLET_PRIVATE_KEY: `${key}, ${other}` })
    expect(config.settlement).toEqual({
      mode: 'gas-wallet',
      privateKey: key,
      refundKeys: [key, other],
    })
    expect(problemsOf({ ...least, GAS_WALLET_PRIVATE_KEY: `${key},0x12` })).toContain(
      'GAS_WALLET_PRIVATE_KEY must be 0x and 64 hexadecimal digits, each of them',
    )
  })

  test('beside a facilitator a gas wallet is the last resort, and only there', () => {
    const off = { ...least, ...gas, USE_GAS_WALLET: 'false' }
    const beside = configOf({ ...off, KEY0_FACILITATOR_URL: 'https://f.example' })
    expect(beside.settlement).toMatchObject({ fallback: { privateKey: key, refundKeys: [key] } })
    expect(configOf(off).settlement).not.toHaveProperty('fallback')
  })

  test('USE_GAS_WALLET=true without a key is a mistake', () => {
    expect(problemsOf({ ...least, USE_GAS_WALLET: 'true' })).toContain(
      'GAS_WALLET_PRIVATE_KEY must be set when USE_GAS_WALLET is true',
    )
  })

  test('half of the CDP credentials is a mistake', () => {
    expect(problemsOf({ ...least, CDP_API_KEY_ID: 'x' })).toContain('CDP_API_KEY_SECRET is missing')
    expect(problemsOf({ ...least, CDP_API_KEY_SECRET: 'x' })).toContain('CDP_API_KEY_ID is missing')
  })

  test('facilitators and nodes come in lists', () => {
    const urls = 'https://a.example, https://b.example'
    const config = configOf({ ...least, KEY0_FACILITATOR_URL: urls, KEY0_RPC_URL: urls })
    expect(config.settlement).toEqual({
      mode: 'facilitator',
      urls: ['https://a.example', 'https://b.example'],
    })
    expect(config.rpcUrls).toEqual(['https://a.example', 'https://b.example'])
  })

  test.each<readonly [string, Env]>([
    ['KEY0_FACILITATOR_URL', { KEY0_FACILITATOR_URL: 'https://f.example' }],
    ['CDP_API_KEY_ID', { CDP_API_KEY_ID: 'id', CDP_API_KEY_SECRET: 'secret' }],
  ])('%s beside a gas wallet that settles is told to be unused', (name, env) => {
    const told = expect.stringMatching(`^${name} is not used: .*USE_GAS_WALLET=false`)
    expect(configOf({ ...mainnet, ...env }).warnings).toEqual([told])
    expect(configOf({ ...mainnet, ...env, USE_GAS_WALLET: 'false' }).warnings).toEqual([])
  })

  test('a facilitator on mainnet is https, and is not repeated where it is not', () => {
    const canary = { KEY0_FACILITATOR_URL: 'https://a.example, http://f.example/canary' }
    for (const env of [mainnet, { ...mainnet, USE_GAS_WALLET: 'false' }]) {
      const told = problemsOf({ ...env, ...canary })
      expect(told).toContain('KEY0_FACILITATOR_URL must be https on mainnet')
      expect(told).not.toContain('canary')
    }
    const beside = {
      ...mainnet,
      USE_GAS_WALLET: 'false',
      KEY0_FACILITATOR_URL: 'http://127.0.0.1:1',
    }
    for (const env of [{ ...least, ...canary }, beside])
      expect(configOf(env).settlement.mode).toBe('facilitator')
  })

  test('KEY0_EXACT=false: buyers pay on chain themselves, and mainnet needs no key at all', () => {
    const { GAS_WALLET_PRIVATE_KEY: _, KEY0_WALLET_PRIVATE_KEY: __, ...keyless } = mainnet
    const env = { ...keyless, REFUNDS: 'off', KEY0_EXACT: 'false' }
    const config = configOf(env)
    expect(config.settlement).toEqual({ mode: 'none', refundKeys: [] })
    expect(config.warnings).toEqual([])
    expect(configOf({ ...env, ...gas }).settlement).toEqual({ mode: 'none', refundKeys: [key] })
    expect(problemsOf({ ...env, ...gas, USE_GAS_WALLET: 'true' })).toContain('USE_GAS_WALLET is')
    const beside = configOf({ ...env, KEY0_FACILITATOR_URL: 'https://f.example' })
    expect(beside.warnings).toEqual([expect.stringMatching(/^KEY0_FACILITATOR_URL is not used/)])
    expect(problemsOf({ ...env, KEY0_EXACT: 'no' })).toContain('KEY0_EXACT must be true or false')
    expect(problemsOf({ ...env, KEY0_EXACT: 'true' })).toContain('or KEY0_EXACT=false')
  })
})
