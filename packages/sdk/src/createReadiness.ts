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

/** Whether the wallet could return at once all that has to go back. */
async function checkFloats(
  of: Pick<Parameters<typeof createReadiness>[0], 'store' | 'chain' | 'payTo' | 'refundMinAgeMs'>,
): Promise<Check> {
  const { store, chain, payTo, refundMinAgeMs: minAgeMs } = of
  const { token, chainId, clock } = chain
  const debts = await listDebts(store, { nowMs: clock.nowMs(), minAgeMs, limit: COUNTED })
  const owed = Object.values(debts)
    .flat()
    .filter((debt) => debt.chainId === chainId && sameAddress(debt.destination, payTo))
    .reduce((sum, debt) => sum + valueOfDebt(debt), 0n)
  const { balance } = await readPayee(chain, payTo)
  if (balance >= owed) return { status: 'ok' }
  const [has, owes] = [balance, owed].map((units) => formatUnits(units, token.decimals))
  return { status: 'warning', detail: `${payTo} holds ${has} of ${owes} that have to go back` }
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
