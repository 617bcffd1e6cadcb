import { generateKeyPairSync } from 'node:crypto'
import { toAuth } from '@key0/app-kit'
import { describe, expect, test } from 'vitest'
import { configOf, least, mainnet, problemsOf, remote, requests, wallet } from '../test/settings.ts'
import type { Env } from './env.ts'
import { toSigner } from './toSigner.ts'

const jwt: Env = { ...remote, BACKEND_AUTH_STRATEGY: 'jwt' }

const toPem = { type: 'pkcs8', format: 'pem' } as const
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
const weak = small.privateKey.export(toPem).toString().trim()
const privateKey = ec.privateKey.export(toPem).toString().trim()
const publicKey = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString().trim()
const cutShort = privateKey.slice(0, 80)
const pair: Env = { KEY0_ACCESS_TOKEN_PRIVATE_KEY: privateKey }
const pem: Env = { KEY0_WALLET_ADDRESS: wallet, ...pair }

describe('tokens', () => {
  test('ISSUE_TOKEN_API means remote, and then no secret is needed', () => {
    const env = { KEY0_WALLET_ADDRESS: wallet, ISSUE_TOKEN_API: 'https://shop.example/issue' }
    expect(configOf(env).token).toMatchObject({ mode: 'remote', url: 'https://shop.example/issue' })
  })

  test('TOKEN_MODE=remote with BACKEND_API_URL alone asks /internal/issue-token there', () => {
    const env = { ...least, TOKEN_MODE: 'remote', BACKEND_API_URL: 'https://shop.example/api/' }
    expect(configOf(env).token).toMatchObject({
      url: 'https://shop.example/api/internal/issue-token',
      backendUrl: 'https://shop.example/api',
    })
  })

  test('TOKEN_MODE=native wins over ISSUE_TOKEN_API', () => {
    expect(configOf({ ...remote, TOKEN_MODE: 'native' }).token.mode).toBe('native')
  })

  test.each<readonly [Env, string]>([
    [{ KEY0_WALLET_ADDRESS: wallet }, 'KEY0_ACCESS_TOKEN_SECRET must be set'],
    [{ ...least, KEY0_ACCESS_TOKEN_SECRET: 'short' }, 'at least 32 characters'],
    [{ ...least, TOKEN_MODE: 'remote' }, 'ISSUE_TOKEN_API must be set'],
    [{ ...remote, ISSUE_TOKEN_API: 'shop.example' }, 'ISSUE_TOKEN_API must be an http(s) URL'],
    [{ ...remote, ISSUE_TOKEN_API: 'https://u:p@shop.example' }, 'without user name, password'],
    [{ ...least, BACKEND_API_URL: 'https://shop.example?a=b' }, 'BACKEND_API_URL must be an http'],
    [{ ...remote, TOKEN_ISSUE_RETRIES: '11' }, 'TOKEN_ISSUE_RETRIES'],
    [{ ...remote, BACKEND_AUTH_STRATEGY: 'shared-secret' }, 'INTERNAL_AUTH_SECRET must be set'],
    [{ ...remote, BACKEND_AUTH_STRATEGY: 'jwt' }, 'ISSUE_TOKEN_API_SECRET must be set'],
    [{ ...jwt, ISSUE_TOKEN_API_SECRET: 'short' }, 'ISSUE_TOKEN_API_SECRET must be at least 32'],
    [{ ...jwt, ISSUE_TOKEN_API_SECRET: cutShort }, 'must be an unencrypted private key in PEM'],
    [{ ...least, ...pair }, 'is set beside KEY0_ACCESS_TOKEN_SECRET: keep one'],
    [{ ...pem, KEY0_ACCESS_TOKEN_PRIVATE_KEY: cutShort }, 'must be an unencrypted private key'],
    [{ ...pem, KEY0_ACCESS_TOKEN_PRIVATE_KEY: weak }, 'is not fit for signing'],
    [{ ...pem, KEY0_ACCESS_TOKEN_PREVIOUS_KEYS: privateKey }, 'must hold public keys in PEM'],
    [{ ...pem, KEY0_ACCESS_TOKEN_PREVIOUS_KEYS: 'words' }, 'must hold public keys in PEM'],
  ])('%o', (env, expected) => {
    expect(problemsOf(env)).toContain(expected)
  })

  test('a key pair signs instead of a secret, and the older public keys stay published', () => {
    const env = { ...pem, KEY0_ACCESS_TOKEN_PREVIOUS_KEYS: `${publicKey}\n${publicKey}` }
    const { token } = configOf(env)
    const keyId = expect.stringMatching(/^[\w-]{16}$/)
    expect(token).toMatchObject({
      mode: 'native',
      key: { privateKey, keyId, previous: [{ keyId }, { keyId }] },
    })
    const oneLine = { KEY0_ACCESS_TOKEN_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n') }
    expect(configOf({ ...pem, ...oneLine }).token).toMatchObject({ key: { privateKey } })
  })

  test('jwt signs for the backend, with its secret or with a private key', () => {
    const secret = 's'.repeat(32)
    const withSecret = configOf({ ...jwt, ISSUE_TOKEN_API_SECRET: secret })
    expect(withSecret.token.auth).toEqual({ strategy: 'jwt', key: { secret } })
    const withPem = configOf({ ...jwt, ISSUE_TOKEN_API_SECRET: privateKey })
    expect(withPem.token.auth).toMatchObject({ strategy: 'jwt', key: { privateKey } })
  })

  test('REVOKE_TOKEN_API is told of refunds, in remote mode only', () => {
    const revokeUrl = 'https://shop.example/revoke'
    const env = { ...remote, REVOKE_TOKEN_API: revokeUrl }
    expect(configOf(env).token).toMatchObject({ mode: 'remote', revokeUrl })
    expect(configOf(remote).token).not.toHaveProperty('revokeUrl')
    // For three days, also of a refund that came late.
    expect(configOf(remote).storage).not.toHaveProperty('deliveredTTLSeconds')
    expect(configOf(env).storage).toMatchObject({ deliveredTTLSeconds: 345_600 })
    expect(problemsOf({ ...remote, REVOKE_TOKEN_API: 'shop' })).toContain(
      'REVOKE_TOKEN_API must be an http(s) URL',
    )
    expect(problemsOf({ ...least, REVOKE_TOKEN_API: revokeUrl })).toContain(
      'REVOKE_TOKEN_API is for TOKEN_MODE remote',
    )
    const open = { ...mainnet, ...env, BACKEND_AUTH_STRATEGY: 'none' }
    const told = configOf({ ...open, REVOKE_TOKEN_API: 'http://shop.internal/revoke' }).warnings
    expect(told.join()).toContain('REVOKE_TOKEN_API is not https')
  })

  const own = { INTERNAL_AUTH_SECRET: 'canary-secret-of-the-backend' }
  const bearer = { ISSUE_TOKEN_API_SECRET: 'canary-secret-of-the-api' }
  const shared = { ...remote, BACKEND_AUTH_STRATEGY: 'shared-secret' }

  test.each([
    [own, { 'x-internal-auth': 'canary-secret-of-the-backend' }],
    [bearer, { authorization: 'Bearer canary-secret-of-the-api' }],
    [
      { ...own, ...bearer },
      {
        'x-internal-auth': 'canary-secret-of-the-backend',
        authorization: 'Bearer canary-secret-of-the-api',
      },
    ],
  ])('each secret goes out in its own way, both at once too: %o', async (secrets, headers) => {
    const { token, warnings } = configOf({ ...shared, ...secrets })
    expect(await toAuth(token.auth, toSigner)()).toEqual(headers)
    expect(warnings.join()).not.toContain('is not used')
  })

  test.each(['fifteen-letters', 'two words of a secret', 'ümläute-in-a-secret'])(
    'a secret that is short or no header is refused, and not repeated: %s',
    (weak) => {
      for (const name of ['INTERNAL_AUTH_SECRET', 'ISSUE_TOKEN_API_SECRET']) {
        const told = problemsOf({ ...shared, ...own, [name]: weak })
        expect(told).toContain(`${name} must be at least 16 printable ASCII characters`)
        expect(told).not.toContain(weak)
      }
    },
  )

  test('a secret that is not sent is told', () => {
    const unused = (env: Env) => configOf(env).warnings.filter((it) => it.includes('is not used'))
    expect(unused({ ...remote, ...own, ...bearer })).toEqual([
      'INTERNAL_AUTH_SECRET is not used: BACKEND_AUTH_STRATEGY is none.',
      'ISSUE_TOKEN_API_SECRET is not used: BACKEND_AUTH_STRATEGY is none.',
    ])
    const signing = { ...jwt, ISSUE_TOKEN_API_SECRET: 's'.repeat(32) }
    expect(unused({ ...signing, ...own })).toEqual([
      'INTERNAL_AUTH_SECRET is not used: BACKEND_AUTH_STRATEGY is jwt.',
    ])
  })

  test('a shop of single requests mints nothing, so no key is asked for', () => {
    const bare = { ...requests, KEY0_WALLET_ADDRESS: wallet }
    expect(configOf(bare).token).toMatchObject({ mode: 'none' })
    expect(configOf({ ...bare, TOKEN_MODE: 'native' }).token.mode).toBe('none')
    expect(configOf({ ...requests, ...least }).token.mode).toBe('native')
    expect(configOf({ ...requests, ...remote }).token.mode).toBe('remote')
    const plans = { PLANS: '[{"planId":"a","unitAmount":"$1"}]' }
    expect(problemsOf({ ...bare, ...plans })).toContain('KEY0_ACCESS_TOKEN_SECRET must be set')
  })

  test('in native mode notifications are signed for as well', () => {
    const env = {
      ...least,
      BACKEND_API_URL: 'https://shop.example',
      BACKEND_AUTH_STRATEGY: 'shared-secret',
      ...own,
    }
    const headers = { 'x-internal-auth': own.INTERNAL_AUTH_SECRET }
    expect(configOf(env).token).toMatchObject({ mode: 'native', auth: { headers } })
  })

  test('the backend is told of single requests too, unless that is not wanted', () => {
    expect(configOf(least).notifyRequests).toBe(true)
    expect(configOf({ ...least, KEY0_NOTIFY_REQUESTS: 'false' }).notifyRequests).toBe(false)
    expect(problemsOf({ ...least, KEY0_NOTIFY_REQUESTS: 'no' })).toContain(
      'KEY0_NOTIFY_REQUESTS must be true or false',
    )
  })
})
