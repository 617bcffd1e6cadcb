import { type ChallengeRecord, type ChallengeStore, Key0Error, type Outcome } from '@key0/core'
import { createSeal } from './Seal.ts'
import { closeFields, openRecord } from './secrets.ts'

export type EncryptionOptions = {
  /**
   * Keys of 32 random bytes, as 64 hex digits, base64 or bytes. The first encrypts; all decrypt, so
   * that a new key is put before the old one until the records of the old one are gone.
   */
  readonly keys: readonly (string | Uint8Array)[]
}

/**
 * The same store with what buyers received (grants and responses) and the signatures of payers
 * encrypted before they are written. What an earlier deployment wrote in plain stays readable. All
 * gateways of a deployment need the key; refund workers do not.
 *
 * Single records whose secrets cannot be opened throw STORE_UNAVAILABLE. In lists they are left
 * sealed: whoever works through one must not stop at somebody else's mistake.
 *
 * @throws CONFIG_INVALID for a key that is none; it is never repeated.
 */
export function encryptStore(store: ChallengeStore, options: EncryptionOptions): ChallengeStore {
  const seal = createSeal(options.keys.map((key) => parseEncryptionKey(key)))
  const open = (record: ChallengeRecord): ChallengeRecord => openRecord(seal, record)
  const openOne = async (
    found: Promise<ChallengeRecord | undefined>,
  ): Promise<ChallengeRecord | undefined> => {
    const record = await found
    return record && open(record)
  }
  const openOutcome = async (work: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await work
    return 'record' in outcome ? { ...outcome, record: open(outcome.record) } : outcome
  }
  const openAll = async (
    work: Promise<readonly ChallengeRecord[]>,
  ): Promise<readonly ChallengeRecord[]> =>
    (await work).map((record) => openIfPossible(open, record))
  return {
    create: (base, attempt) => openOutcome(store.create(base, attempt)),
    get: (id) => openOne(store.get(id)),
    findActiveByRequestId: (requestId, scope) =>
      openOne(store.findActiveByRequestId(requestId, scope)),
    reserve: (id, intent, attempt) =>
      openOutcome(store.reserve(id, closeFields(seal, id, { intent }).intent, attempt)),
    settle: (id, paymentRef, fields, attempt) =>
      openOutcome(store.settle(id, paymentRef, closeFields(seal, id, fields), attempt)),
    transition: (move) => {
      const { id, fields } = move
      const sealed = fields && { fields: closeFields(seal, id, fields as object) }
      return openOutcome(store.transition({ ...move, ...sealed }))
    },
    postpone: (id, version, nextVisitAt, facts) =>
      openOutcome(store.postpone(id, version, nextVisitAt, facts)),
    findPendingForRefund: (cutoff, limit) => openAll(store.findPendingForRefund(cutoff, limit)),
    due: (now, limit, state) => openAll(store.due(now, limit, state)),
    getClaim: (paymentRef) => store.getClaim(paymentRef),
    history: (id) => store.history(id),
    events: (after, limit) => store.events(after, limit),
    ack: (consumer, sequence) => store.ack(consumer, sequence),
    acked: (consumer) => store.acked(consumer),
    beat: (heartbeat) => store.beat(heartbeat),
    healthCheck: () => store.healthCheck(),
    close: () => store.close(),
  }
}

function openIfPossible(
  open: (record: ChallengeRecord) => ChallengeRecord,
  record: ChallengeRecord,
): ChallengeRecord {
  try {
    return open(record)
  } catch {
    return record
  }
}

const KEY_BYTES = 32

/** Reads a key as `encryptStore` does. @throws CONFIG_INVALID, without repeating it. */
export function parseEncryptionKey(key: string | Uint8Array): Uint8Array {
  const bytes = typeof key === 'string' ? decode(key.trim()) : key
  if (bytes?.byteLength === KEY_BYTES) return bytes
  const expected = '32 random bytes, as 64 hex digits or in base64'
  throw new Key0Error('CONFIG_INVALID', { facts: { encryptionKey: expected } })
}

function decode(text: string): Uint8Array | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex')
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined
}
