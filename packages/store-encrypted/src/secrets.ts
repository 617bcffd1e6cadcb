import type { ChallengeFields, ChallengeRecord, Hex } from '@key0/core'
import type { Seal } from './Seal.ts'

type Secrets = Pick<ChallengeFields, 'accessGrant' | 'response' | 'intent'>
type Work = (text: string, place: string) => string

/** Stands in the headers of a sealed response, which are sealed with its body. */
const SEALED_HEADER = 'key0-sealed'

/** Fields as they go into the store. Only what is secret changes, and only in its own field. */
export function closeFields<fields extends Partial<Secrets>>(
  seal: Seal,
  id: string,
  fields: fields,
): fields {
  const { accessGrant, response, intent } = fields
  return {
    ...fields,
    ...(accessGrant && { accessGrant: closeGrant(seal.close, id, accessGrant) }),
    ...(response && { response: closeResponse(seal.close, id, response) }),
    ...(intent && { intent: withSignature(seal.close, id, intent) }),
  }
}

/** A record as it was before it went into the store. @throws STORE_UNAVAILABLE */
export function openRecord(seal: Seal, record: ChallengeRecord): ChallengeRecord {
  const { challengeId: id, accessGrant, response, intent } = record
  if (!accessGrant && !response && !intent) return record
  return {
    ...record,
    ...(accessGrant && { accessGrant: openGrant(seal.open, id, accessGrant) }),
    ...(response && { response: openResponse(seal.open, id, response) }),
    ...(intent && { intent: withSignature(seal.open, id, intent) }),
  }
}

type Grant = NonNullable<Secrets['accessGrant']>

function closeGrant(close: Work, id: string, grant: Grant): Grant {
  const { credential, accessToken } = grant
  return {
    ...grant,
    accessToken: close(accessToken, `accessToken ${id}`),
    ...(credential !== undefined && {
      credential: close(JSON.stringify(credential), `credential ${id}`),
    }),
  }
}

function openGrant(open: Work, id: string, grant: Grant): Grant {
  const { credential, accessToken } = grant
  const opened = open(accessToken, `accessToken ${id}`)
  // Both are sealed, or neither: a plain credential may be text of any kind.
  if (opened === accessToken) return grant
  return {
    ...grant,
    accessToken: opened,
    ...(typeof credential === 'string' && {
      credential: JSON.parse(open(credential, `credential ${id}`)) as unknown,
    }),
  }
}

type Response = NonNullable<Secrets['response']>

function closeResponse(close: Work, id: string, { status, headers, body }: Response): Response {
  const text = close(JSON.stringify({ headers, body }), `response ${id}`)
  return { status, headers: [[SEALED_HEADER, text]] }
}

function openResponse(open: Work, id: string, response: Response): Response {
  const [[name, text] = []] = response.headers
  if (name !== SEALED_HEADER || text === undefined) return response
  const opened = JSON.parse(open(text, `response ${id}`)) as Omit<Response, 'status'>
  return { status: response.status, ...opened }
}

type Intent = NonNullable<Secrets['intent']>

/** A payer's signature moves money until it is used, and names its payer's wallet for ever. */
function withSignature(work: Work, id: string, intent: Intent): Intent {
  const { authorization } = intent
  const { from, nonce } = authorization
  const signature = work(authorization.signature, `signature ${id} ${from} ${nonce}`) as Hex
  return { ...intent, authorization: { ...authorization, signature } }
}
