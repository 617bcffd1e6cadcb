import { type EvmChain, type Payee, readPayee } from '@key0/chain-evm'
import {
  type Address,
  type ChallengeStore,
  formatUnits,
  Key0Error,
  listDebts,
  sameAddress,
  valueOfDebt,
} from '@key0/core'
import type { HealthWatch } from '@key0/delivery'
import { getAddress } from 'viem'
import type { Settlement } from './openSettlement.ts'
import type { Check, Readiness } from './Readiness.ts'

/** Whoever looks waits for no longer: what does not answer is not ready. */
const PATIENCE_MS = 5_000

/** Asks everything that selling needs, at once. Never throws. */
export function createReadiness(of: {
  readonly store: ChallengeStore
  readonly chain: EvmChain
  readonly payTo: Address
  readonly settlement: Settlement
  /** How long an undelivered payment waits before it goes back. */
  readonly refundMinAgeMs: number
  readonly backend?: HealthWatch
}): () => Promise<Readiness> {
  const { store, chain, payTo, settlement, backend } = of
  return async () => {
    const [storeCheck, chainCheck, payee, floats, settling] = await Promise.all([
      look(() => checkStore(store)),
      look(async () => {
        await chain.head()
        return { status: 'ok' }
      }),
      look(async () => judgePayee(payTo, await readPayee(chain, payTo))),
      look(() => checkFloats(of)),
      look(settlement.check),
    ])
    const checks = {
      store: storeCheck,
      chain: chainCheck,
      payee,
      floats,
      settlement: settling,
      ...(backend && { backend: judgeBackend(backend) }),
    }
    return { ok: Object.values(checks).every(({ status }) => status !== 'failing'), checks }
  }
}

/**
 * What was found of rails and floats, for whoever starts the gateway: a sentence for each that is
 * not well. The rest keeps it from starting or speaks for itself. A rail that is away does not: what
 * was paid before is delivered and refunded without it.
 */
export function tellReadiness({ checks }: Readiness): readonly string[] {
  const { settlement, floats } = checks
  const rails = settlement.detail ?? 'not known'
  return [
    settlement.status === 'failing' &&
      `Nobody can pay yet: ${rails}. Mend that, or give another facilitator or a gas wallet.`,
    settlement.status === 'warning' &&
      `One way to settle is away: ${rails}. Payments take another.`,
    floats.status !== 'ok' &&
      `Refunds: ${floats.detail ?? 'not known'}. Keep in the wallet what may have to go back.`,
  ].filter((sentence) => typeof sentence === 'string')
}

/** What a wallet that sells must be able to do. */
export function judgePayee(payTo: Address, { isBlocked, isPaused, hasCode }: Payee): Check {
  if (isBlocked) return { status: 'failing', detail: `the token's issuer blocks ${payTo}` }
  if (isPaused) return { status: 'failing', detail: 'the token is paused' }
  if (hasCode) {
    const detail = `${payTo} has code: no key's signature can return what it received`
    return { status: 'warning', detail }
  }
  return { status: 'ok' }
}

/** Enough to know that a wallet is short. */
const COUNTED = 1_000

/** Whether every wallet that was paid, the retired ones too, could return at once what it owes. */
async function checkFloats(
  of: Pick<Parameters<typeof createReadiness>[0], 'store' | 'chain' | 'refundMinAgeMs'>,
): Promise<Check> {
  const { store, chain, refundMinAgeMs: minAgeMs } = of
  const { chainId, clock, token } = chain
  const debts = await listDebts(store, { nowMs: clock.nowMs(), minAgeMs, limit: COUNTED })
  const owed = new Map<Address, bigint>()
  for (const debt of Object.values(debts).flat()) {
    if (debt.chainId !== chainId || !sameAddress(debt.token, token.address)) continue
    const wallet = getAddress(debt.destination)
    owed.set(wallet, (owed.get(wallet) ?? 0n) + valueOfDebt(debt))
  }
  const short = await Promise.all([...owed].map(async (debt) => await judgeFloat(chain, debt)))
  const isMore = Object.values(debts).some(({ length }) => length >= COUNTED)
  const more =
    isMore && `more than ${COUNTED} payments have to go back, and only so many are added up`
  const details = [...short, more].filter((it) => typeof it === 'string')
  return details.length > 0 ? { status: 'warning', detail: details.join('; ') } : { status: 'ok' }
}

async function judgeFloat(
  chain: EvmChain,
  [wallet, owed]: readonly [Address, bigint],
): Promise<string | undefined> {
  const { balance } = await readPayee(chain, wallet)
  if (balance >= owed) return undefined
  const [has, owes] = [balance, owed].map((units) => formatUnits(units, chain.token.decimals))
  return `${wallet} holds ${has} of ${owes} that have to go back`
}

async function checkStore(store: ChallengeStore): Promise<Check> {
  const { ok, problems } = await store.healthCheck()
  const [detail] = problems
  const told = detail !== undefined && { detail }
  return { status: ok ? (told ? 'warning' : 'ok') : 'failing', ...told }
}

function judgeBackend({ isWell }: HealthWatch): Check {
  if (isWell()) return { status: 'ok' }
  return { status: 'failing', detail: 'its health check fails: nothing new is sold' }
}

async function look(check: () => Promise<Check>): Promise<Check> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Check>((resolve) => {
    const answer = { status: 'failing', detail: 'no answer in time' } as const
    timer = setTimeout(() => resolve(answer), PATIENCE_MS)
  })
  try {
    return await Promise.race([check(), late])
  } catch (error) {
    // Another program's words may hold addresses and keys; a code of ours holds none.
    return { status: 'failing', detail: Key0Error.is(error) ? error.code : 'unreachable' }
  } finally {
    clearTimeout(timer)
  }
}
