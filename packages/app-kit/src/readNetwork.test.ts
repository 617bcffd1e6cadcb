import { expect, test } from 'vitest'
import { createReader } from './Reader.ts'
import { readNetwork } from './readNetwork.ts'
import { readSettings } from './readSettings.ts'

const settings = ['network', 'rpcUrl', 'finality', 'agreementAbove', 'agreementRpcUrl'] as const

function read(env: Readonly<Record<string, string>>) {
  const reader = createReader(readSettings(env, settings))
  return { config: readNetwork(reader), problems: reader.problems }
}

test('nothing is agreed upon unless it is asked for', () => {
  const { config, problems } = read({})
  expect(problems).toEqual([])
  expect(config).not.toHaveProperty('agreement')
})

test('an amount and a second provider’s nodes are read together', () => {
  const { config } = read({
    KEY0_AGREEMENT_ABOVE: '$99.50',
    KEY0_AGREEMENT_RPC_URL: 'https://one.example,https://two.example/key',
  })
  expect(config.agreement).toEqual({
    above: 99_500_000n,
    rpcUrls: ['https://one.example', 'https://two.example/key'],
  })
})

test.each([
  [{ KEY0_AGREEMENT_ABOVE: '$5' }, 'KEY0_AGREEMENT_RPC_URL must be set as well'],
  [{ KEY0_AGREEMENT_RPC_URL: 'https://one.example' }, 'KEY0_AGREEMENT_ABOVE must be set as well'],
  [{ KEY0_AGREEMENT_ABOVE: '1e3', KEY0_AGREEMENT_RPC_URL: 'https://a.example' }, 'an amount such'],
])('half of it, or no amount, is a mistake', (env, expected) => {
  expect(read(env).problems.join('\n')).toContain(expected)
})
