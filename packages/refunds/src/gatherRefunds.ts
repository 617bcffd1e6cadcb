import type { Payout, Submitted } from '@key0/core'

/** Refunds of one pass on their way to a carrier, which they share where the chain can. */
export type Gathering = {
  /**
   * Runs the work of one refund with a payout whose `carry` waits for the others. Until it has
   * come this far or ended, they wait for it too.
   */
  readonly run: <result>(work: (payout: Payout) => Promise<result>) => Promise<result>
  /** Resolves when nothing that runs may still carry, and all that was to be carried has been. */
  readonly sent: () => Promise<void>
}

type Waiting = {
  readonly request: Parameters<NonNullable<Payout['carryMany']>>[0][number]
  readonly resolve: (submitted: Promise<Submitted>) => void
}

/** One refund that hangs holds up the others for so long. */
const PATIENCE_MS = 500

/** Gathers what the refunds of a pass want carried, `room` of them at most. */
export function gatherRefunds(payout: Payout, room: number): Gathering {
  let waiting: Waiting[] = []
  /** Refunds that run and may still carry. */
  let coming = 0
  let carrying = 0
  let timer: NodeJS.Timeout | undefined
  const listeners: (() => void)[] = []

  const tellIfSent = (): void => {
    if (coming + waiting.length + carrying > 0) return
    for (const listener of listeners.splice(0)) listener()
  }
  const track = async <result>(carried: Promise<result>): Promise<result> => {
    carrying += 1
    try {
      return await carried
    } finally {
      carrying -= 1
      tellIfSent()
    }
  }
  const carryAll = (): void => {
    clearTimeout(timer)
    timer = undefined
    const all = waiting
    waiting = []
    const requests = all.map(({ request }) => request)
    const carried = payout.carryMany?.(requests) ?? []
    for (const [index, { resolve }] of all.entries()) {
      resolve(track(carried[index] ?? Promise.reject(new Error('a refund was not carried'))))
    }
  }
  const check = (): void => {
    if (waiting.length > 0 && (coming === 0 || waiting.length >= room)) carryAll()
    else if (waiting.length > 0) timer ??= setTimeout(carryAll, PATIENCE_MS)
    tellIfSent()
  }
  return {
    async run(work) {
      coming += 1
      let isComing = true
      const arrive = (): void => {
        if (isComing) coming -= 1
        isComing = false
      }
      const carry: Payout['carry'] = async (request, journal) => {
        arrive()
        if (!payout.carryMany) return await track(payout.carry(request, journal))
        return await new Promise<Submitted>((resolve) => {
          waiting.push({ request: { ...request, journal }, resolve })
          check()
        })
      }
      try {
        return await work(withCarry(payout, carry))
      } finally {
        arrive()
        check()
      }
    },
    sent: async () =>
      await new Promise((resolve) => {
        listeners.push(resolve)
        tellIfSent()
      }),
  }
}

function withCarry(payout: Payout, carry: Payout['carry']): Payout {
  return {
    payees: payout.payees,
    canSignFor: (payee) => payout.canSignFor(payee),
    refundNonce: (of) => payout.refundNonce(of),
    findObstacle: async (refund) => await payout.findObstacle(refund),
    sign: async (token, authorization) => await payout.sign(token, authorization),
    carry,
  }
}
