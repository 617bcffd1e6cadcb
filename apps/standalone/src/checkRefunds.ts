import { Key0Error } from '@key0/core'
import type { Refunds } from '@key0/refunds'
import type { Key0 } from '@key0/sdk'

type Readiness = Key0['readiness']

/** Whoever looks waits for no longer. */
const PATIENCE_MS = 5_000

/** What keeps this process from sending a refund now; nothing where another process sends them. */
export async function findRefundObstacles(
  refunds: Pick<Refunds, 'findObstacles'> | undefined,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve(['whether refunds can be sent is not known']), PATIENCE_MS)
  })
  try {
    return await Promise.race([refunds?.findObstacles() ?? [], late])
  } catch (error) {
    return [`whether refunds can be sent: ${Key0Error.is(error) ? error.code : 'unreachable'}`]
  } finally {
    clearTimeout(timer)
  }
}

/** Refunds that cannot be sent are a matter of floats: the ETH that pays for them is one. */
export function addObstacles(readiness: Readiness, obstacles: readonly string[]): Readiness {
  const { checks } = readiness
  const { floats } = checks
  if (obstacles.length === 0) return readiness
  const details = [floats.detail, ...obstacles].filter((detail) => detail !== undefined)
  const status = floats.status === 'failing' ? 'failing' : 'warning'
  return { ...readiness, checks: { ...checks, floats: { status, detail: details.join('; ') } } }
}
