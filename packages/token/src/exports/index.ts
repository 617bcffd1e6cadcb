/*
 * Words used throughout, each with one meaning:
 *   issuer      signs tokens with its one key                 (the gateway)
 *   validator   holds keys that verify, and asks for claims   (the seller's backend)
 *   older key   verifies what it signed, and signs no more    (alive while a rotation lasts)
 */
export {
  type AccessToken,
  AccessTokenIssuer,
  type AccessTokenIssuerOptions,
  type PublicJwk,
} from '../AccessTokenIssuer.ts'
export type { HeaderRecord, HeadersLike, RequestLike } from '../bearer/readBearer.ts'
export {
  type AccessClaims,
  type AccessGrantClaims,
  maxTtlSeconds,
} from '../claims/AccessClaims.ts'
export type { ClockOptions, ExpectationOptions } from '../claims/Expectations.ts'
export {
  createKey0Validator,
  type Key0Validator,
  type Key0ValidatorOptions,
} from '../createKey0Validator.ts'
export type { SigningKey, VerificationKey } from '../keys/AccessKey.ts'
export { TokenError, type TokenErrorCode, tokenErrorCodes } from '../TokenError.ts'
export { validateKey0Request, validateKey0Token } from '../validateKey0Token.ts'
export { maxTokenLength } from '../verify/readCompact.ts'
