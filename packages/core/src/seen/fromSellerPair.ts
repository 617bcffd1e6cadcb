import type { Hash } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Observe } from '../ports/Events.ts'
import type { SeenTxStore } from '../ports/SeenTxStore.ts'

/**
 * A seller's own memory of used proofs. `ref` is the transaction's hash in lower case.
 *
 * `markUsed` says whether it made the claim: `true`, `'OK'` or `1` when it did; `false`, `null` or
 * `0` when the proof was used before. These are what `SET key value NX` and `SETNX` answer. A pair
 * that answers anything else, or nothing, is taken as one that cannot say.
 */
export type SellerPair = {
  readonly isUsed: (ref: string) => boolean | Promise<boolean>
  readonly markUsed: (ref: string) => unknown
}

type Verdict = 'claimed' | 'used' | 'silent'

/** How many claims of this process are remembered: who retries does so within moments. */
const REMEMBERED = 10_000

const UNPROVEN =
  'markUsed does not say whether it claimed the proof, so two instances may redeem one proof. ' +
  "Let it answer what SET with NX answers ('OK' or null), or true or false."
const OVERWRITES =
  'markUsed claims a proof that it has claimed already, so two instances may redeem one proof. ' +
  'Write with SET and NX, which refuses the second.'

/**
 * Makes core's replay store of a seller's `isUsed` and `markUsed`.
 *
 * A pair that answers (see `SellerPair`) is trusted to be atomic, over all instances. Its first
 * claim is made twice, because a plain `SET` answers `'OK'` as well but refuses nothing. A pair
 * found not to be atomic is used all the same, claims of one proof one at a time, so that within
 * this process one proof is redeemed once; `observe` gets one `alert` that says what is missing.
 *
 * The pair does not keep which challenge claimed a proof. `get` knows it for claims of this
 * process, the last ten thousand; a challenge that claimed, crashed before it was paid and comes
 * back in another process is refused (`PAYMENT_SPENT`). What a signature paid into it is then held
 * once its deadline has passed, for a person to look at.
 *
 * @throws STORE_UNAVAILABLE from `markUsed` when the pair fails; whether it claimed is unknown then
 */
export function fromSellerPair(
  pair: SellerPair,
  { observe }: { readonly observe: Observe },
): SeenTxStore {
  const owners = new Map<string, string>()
  const inTurn = createTurns()
  let trust: 'unknown' | 'atomic' | 'weak' = 'unknown'

  const distrust = (what: string): void => {
    if (trust !== 'weak') observe({ name: 'alert', what })
    trust = 'weak'
  }
  const mark = async (ref: string): Promise<Verdict> => readAnswer(await pair.markUsed(ref))
  const claim = async (ref: string): Promise<boolean> => {
    if (trust !== 'atomic' && (await pair.isUsed(ref))) return false
    const verdict = await mark(ref)
    if (verdict === 'used') return false
    if (verdict === 'silent') distrust(UNPROVEN)
    else if (trust === 'unknown') {
      // The claim is made: when the second cannot be asked for now, the next claim tries again.
      const second = await mark(ref).catch(() => undefined)
      if (second === 'used') trust = 'atomic'
      else if (second !== undefined) distrust(OVERWRITES)
    }
    return true
  }

  return {
    markUsed: (txHash, challengeId) => {
      const ref = refOf(txHash)
      return inTurn(ref, async () => {
        // A write that was not waited for may not be there yet: what this process claimed, it knows.
        if (owners.has(ref)) return false
        const isClaimed = await claim(ref).catch((cause: unknown) => {
          throw new Key0Error('STORE_UNAVAILABLE', { cause })
        })
        if (isClaimed) remember(owners, ref, challengeId)
        return isClaimed
      })
    },
    get: async (txHash) => owners.get(refOf(txHash)),
  }
}

/** A hash is the same hash however it is spelt. */
function refOf(txHash: Hash): string {
  return txHash.toLowerCase()
}

function readAnswer(answer: unknown): Verdict {
  if (answer === true || answer === 'OK' || answer === 1) return 'claimed'
  if (answer === false || answer === null || answer === 0) return 'used'
  return 'silent'
}

function remember(owners: Map<string, string>, ref: string, challengeId: string): void {
  owners.set(ref, challengeId)
  const [oldest] = owners.keys()
  if (owners.size > REMEMBERED && oldest !== undefined) owners.delete(oldest)
}

/** Runs steps of one name one after the other; those of different names do not wait. */
function createTurns(): <result>(name: string, step: () => Promise<result>) => Promise<result> {
  const last = new Map<string, Promise<unknown>>()
  return (name, step) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(step, step)
    last.set(name, turn)
    const leave = (): void => {
      if (last.get(name) === turn) last.delete(name)
    }
    turn.then(leave, leave)
    return turn
  }
}
