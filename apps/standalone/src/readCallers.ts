import type { Reader } from '@key0/app-kit'
import type { Setting } from './env.ts'
import type { GatewayConfig } from './GatewayConfig.ts'

/** How much may wait to be paid, and by what one caller is told from another. */
export function readCallers(
  read: Reader<Setting>,
): Pick<GatewayConfig, 'maxOpenChallenges' | 'callerHeader'> {
  const limits = { min: 1, max: 10_000_000 }
  const total = read.int('maxOpenChallenges', 50_000, limits)
  const perCaller = read.has('maxOpenPerCaller') && read.int('maxOpenPerCaller', total, limits)
  const header = read.text('callerHeader')?.toLowerCase()
  if (header !== undefined && !/^[a-z0-9-]{1,64}$/.test(header))
    read.fault('callerHeader', 'must be the name of a header, such as x-forwarded-for')
  return {
    maxOpenChallenges: { total, ...(perCaller !== false && { perCaller }) },
    ...(header !== undefined && { callerHeader: header }),
  }
}
