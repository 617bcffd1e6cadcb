import { type Buyer, readOffer } from './createBuyer.ts'
import type { Reply } from './Exchanges.ts'

/** What a buyer does about an answer that is none. */
export type Conduct = {
  /** Asks and signs anew for the same request id each time, as software that kept nothing. */
  readonly forgetful: boolean
  /** Takes a failed delivery for an answer, and waits for its money. */
  readonly givesUp: boolean
  readonly onSigned: () => void
  /** Called before each repetition; what it throws ends the buyer. */
  readonly onRepeat: () => void
}

/** Buys one thing, and repeats itself until the shop has said what became of the money. */
export async function insist(buyer: Buyer, requestId: string, conduct: Conduct): Promise<Reply> {
  const body = { planId: 'basic', requestId }
  let header: string | undefined
  for (; ; await breathe(conduct)) {
    if (header === undefined || conduct.forgetful) {
      const asked = await buyer.ask(body)
      if (isUndecided(asked)) continue
      if (asked.status !== 402) return asked
      header = (await buyer.sign(readOffer(asked))).header
      conduct.onSigned()
    }
    const reply = await buyer.pay(header, body)
    if (reply.code === 'DELIVERY_FAILED' && conduct.givesUp) return reply
    // A signature that opened nothing but the payment: another says who is asking.
    if (reply.code === 'PAYER_PROOF_REQUIRED') header = undefined
    else if (!isUndecided(reply)) return reply
  }
}

const isUndecided = ({ json }: Reply): boolean => json.retry === 'later'

/** A client's pause before it asks the same again. */
async function breathe({ onRepeat }: Conduct): Promise<void> {
  onRepeat()
  await new Promise((done) => setTimeout(done, 100))
}
