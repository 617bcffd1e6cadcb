/** One of several that may be asked the same. `undefined`: its answer decides nothing. */
export type Ask<answer> = () => Promise<answer | undefined>

/**
 * Asks one after another until one gives an answer that decides. One that is slow is left running
 * while the next is asked as well, and its answer still counts when it comes first. The last is
 * waited for twice as long, for there is nobody else. `undefined`: all have ended without, or are
 * not waited for any longer.
 */
export async function inTurn<answer>(
  asks: readonly Ask<answer>[],
  slowMs: number,
): Promise<answer | undefined> {
  const asked: Promise<answer | undefined>[] = []
  const deciding: Promise<answer | undefined>[] = []
  for (const ask of asks) {
    const one = ask()
    asked.push(one)
    deciding.push(one.then((answer) => answer ?? never<answer>()))
    const answer = await within(slowMs, Promise.race([...deciding, one]))
    if (answer !== undefined) return answer
  }
  const last = Promise.all(asked).then((all) => all.find((answer) => answer !== undefined))
  return await within(slowMs, Promise.race([...deciding, last]))
}

async function within<value>(ms: number, work: Promise<value>): Promise<value | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function never<value>(): Promise<value> {
  return new Promise<value>(() => {})
}
