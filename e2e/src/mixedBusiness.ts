import { type Hash, payerProofMessage } from '@key0/core'
import { createRefunds, type Refunds } from '@key0/refunds'
import { type Buyer, createBuyer, readOffer } from './createBuyer.ts'
import type { Reply } from './Exchanges.ts'
import { insist } from './insist.ts'
import { priceOf, type Shop } from './startShop.ts'

/**
 * What one customer does. `served` insists until he has it; `failing` is not served and waits for
 * his money; `once` signs, sends it once and is gone; `proven` pays by a plain transfer and shows
 * it; `late` shows it when the offer is long over; `silent` pays and never says a word.
 */
type Manner = 'served' | 'failing' | 'once' | 'proven' | 'late' | 'silent'

/** Ten customers; every further ten are the same again. */
const manners: readonly Manner[] = [
  'served',
  'failing',
  'late',
  'proven',
  'served',
  'failing',
  'once',
  'served',
  'silent',
  'proven',
]

const PURSES = 20
const PATIENCE_MS = 2_500

/** A shop's customers and its timers, under a clock that only moves when it is told to. */
export type Business = {
  readonly buyers: readonly Buyer[]
  /** Every payment that a customer made or signed, by what it should become. */
  readonly begun: () => Readonly<Record<Manner, number>>
  /** So many more customers at once; ends when each has an answer or is gone. */
  readonly sell: (count: number) => Promise<void>
  /** So many who paid and were not served; called, they come back and are. */
  readonly disappoint: (count: number) => Promise<() => Promise<void>>
  /** So many seconds of timers, with customers spread over them. */
  readonly trade: (seconds: number, customers?: number) => Promise<void>
  /** Those who come late present what they paid; only who paid so long ago. */
  readonly present: () => Promise<void>
  /** What a new process does: it remembers nothing. */
  readonly hire: () => void
}

/** Longer pauses than this are a silence, in which a store may have been replaced. */
const STEP_SECONDS = 100
const LATE_AFTER_MS = 16 * 60_000

type Letter = {
  readonly buyer: Buyer
  readonly id: string
  readonly hash: Hash
  readonly atMs: number
}

export async function openBusiness(shop: Shop, accountFromBlock: bigint): Promise<Business> {
  const buyers: Buyer[] = []
  for (let made = 0; made < PURSES; made += 1) buyers.push(await createBuyer(shop))
  const begun: Record<Manner, number> = {
    ...{ served: 0, failing: 0, once: 0, proven: 0, late: 0, silent: 0 },
  }
  const letters: Letter[] = []
  let came = 0
  let workers: readonly Refunds[] = []
  shop.issuer.behave((call) => (isFailing(shop, call) ? 'throws' : 'works'))

  const visit = async (index: number): Promise<void> => {
    const manner = manners[index % manners.length] ?? 'served'
    const buyer = buyers[index % buyers.length]
    if (!buyer) throw new Error('there are no buyers')
    begun[manner] += 1
    const letter = await behave(shop, buyer, manner, `${manner}-${index}-0123456789abcdef`)
    if (letter && manner === 'late') letters.push(letter)
  }
  const sell: Business['sell'] = async (count) => {
    const first = came
    came += count
    const visits = Array.from({ length: count }, (_, step) => visit(first + step))
    await Promise.all(visits)
  }
  const disappoint: Business['disappoint'] = async (count) => {
    const first = came
    came += count
    const again = await Promise.all(
      Array.from({ length: count }, async (_, step) => {
        const body = { planId: 'basic', requestId: `returning-${first + step}-0123456789abcdef` }
        const buyer = buyers[(first + step) % buyers.length]
        const { payment } = (await buyer?.buy(body)) ?? {}
        return async () => void (await buyer?.pay(payment?.header ?? '', body))
      }),
    )
    return async () => void (await Promise.all(again.map((repeat) => repeat())))
  }
  const present: Business['present'] = async () => {
    const ripe = letters.filter(({ atMs }) => shop.clock.nowMs() - atMs > LATE_AFTER_MS)
    for (const letter of ripe) letters.splice(letters.indexOf(letter), 1)
    await Promise.all(ripe.map(({ buyer, id, hash }) => show(buyer, id, hash)))
  }
  const hire = (): void => {
    const { clock, seller } = shop
    const { chain } = shop.key0()
    const shared = { chain, clock, minAgeMs: 0, accountFromBlock, waitMs: 2_000 }
    workers = shop
      .stores()
      .map((store) => createRefunds({ store, walletPrivateKey: seller.privateKey, ...shared }))
  }
  const pass = async (): Promise<void> => {
    await shop.advance(STEP_SECONDS)
    await shop.key0().recover()
    await Promise.all(workers.map(async (worker) => await worker.run()))
    await present()
  }
  hire()
  await Promise.all(workers.map(async (worker) => await worker.run()))
  return {
    ...{ buyers, sell, disappoint, present, hire },
    begun: () => ({ ...begun }),
    async trade(seconds, customers = 0) {
      const steps = Math.ceil(seconds / STEP_SECONDS)
      for (let step = 0; step < steps; step += 1) {
        const until = Math.round((customers * (step + 1)) / steps)
        const before = Math.round((customers * step) / steps)
        if (until > before) await sell(until - before)
        await pass()
      }
    },
  }
}

function isFailing({ issuer }: Shop, call: number): boolean {
  const { requestId = '', challengeId = '' } = issuer.calls[call - 1] ?? {}
  if (requestId.startsWith('returning')) return issuer.callsFor(challengeId) === 1
  return requestId.startsWith('failing')
}

/** Whoever pays by a plain transfer takes its hash home. */
async function behave(
  shop: Shop,
  buyer: Buyer,
  manner: Manner,
  requestId: string,
): Promise<Letter | undefined> {
  const body = { planId: 'basic', requestId }
  if (manner === 'served' || manner === 'failing') {
    await insist(buyer, requestId, { ...patience(), forgetful: false, givesUp: true }).catch(gone)
    return undefined
  }
  const asked = await buyer.ask(body)
  if (asked.status !== 402) return undefined
  const offer = readOffer(asked)
  if (manner === 'once') {
    await buyer.pay((await buyer.sign(offer)).header, body).catch(gone)
    return undefined
  }
  const { address } = shop.seller
  const hash = await shop.sandbox.transfer(buyer.address, address, priceOf.basic)
  if (manner === 'proven') await show(buyer, offer.challengeId, hash)
  return { buyer, id: offer.challengeId, hash, atMs: shop.clock.nowMs() }
}

/** Presents a transfer, as often as the shop asks for patience. */
async function show(buyer: Buyer, challengeId: string, hash: Hash): Promise<Reply | undefined> {
  const { onRepeat } = patience()
  try {
    for (;;) {
      const reply = await buyer.prove(
        challengeId,
        hash,
        await buyer.signText(payerProofMessage(challengeId, hash)),
      )
      if (reply.json.retry !== 'later') return reply
      onRepeat()
      await new Promise((done) => setTimeout(done, 100))
    }
  } catch {
    return undefined
  }
}

function patience() {
  const startedAtMs = Date.now()
  return {
    onSigned: () => {},
    onRepeat: () => {
      if (Date.now() - startedAtMs > PATIENCE_MS) throw new Error('waited too long')
    },
  }
}

const gone = (): void => {}
