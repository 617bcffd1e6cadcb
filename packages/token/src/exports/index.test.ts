import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/token', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "AccessTokenIssuer",
      "TokenError",
      "createKey0Validator",
      "maxTokenLength",
      "maxTtlSeconds",
      "tokenErrorCodes",
      "validateKey0Request",
      "validateKey0Token",
    ]
  `)
})

test('the codes of TokenError, in order of precedence', () => {
  expect(Object.keys(exports.tokenErrorCodes)).toMatchInlineSnapshot(`
    [
      "OPTIONS_INVALID",
      "CLOCK_INVALID",
      "SECRET_INVALID",
      "SECRET_TOO_SHORT",
      "SECRET_IS_KEY",
      "KEY_MALFORMED",
      "KEY_WRONG_TYPE",
      "KEY_TOO_WEAK",
      "KEY_MISMATCH",
      "KEY_ID_INVALID",
      "CLAIM_INVALID",
      "TTL_INVALID",
      "AUTHORIZATION_MISSING",
      "AUTHORIZATION_DUPLICATE",
      "AUTHORIZATION_MALFORMED",
      "TOKEN_TOO_LARGE",
      "TOKEN_MALFORMED",
      "TOKEN_HEADER_UNSUPPORTED",
      "TOKEN_TYPE_WRONG",
      "TOKEN_ALGORITHM_WRONG",
      "JWKS_UNAVAILABLE",
      "TOKEN_KEY_UNKNOWN",
      "TOKEN_SIGNATURE_WRONG",
      "TOKEN_CLAIM_MISSING",
      "TOKEN_CLAIM_INVALID",
      "TOKEN_ISSUER_WRONG",
      "TOKEN_AUDIENCE_WRONG",
      "TOKEN_NOT_YET_VALID",
      "TOKEN_EXPIRED",
      "TOKEN_RESOURCE_WRONG",
      "TOKEN_PLAN_WRONG",
    ]
  `)
})
