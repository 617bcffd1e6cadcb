import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from './isPublicAddress.ts'

/** All addresses of a name; the system's resolver, unless a test stands in for a hostile one. */
export type Resolve = (
  hostname: string,
  answer: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

/** The code of the error when a name has no address that a webhook may go to. */
export const NOT_PUBLIC = 'KEY0_NOT_PUBLIC'

const resolveBySystem: Resolve = (hostname, answer) =>
  systemLookup(hostname, { all: true }, (error, addresses) => answer(error, addresses ?? []))

/**
 * Resolves names for the connections of one agent and hands on public addresses only. The
 * connection is made to what was checked: nobody asks the name again in between, so a name that
 * changes its mind (DNS rebinding) changes nothing.
 */
export function createPublicLookup(resolve: Resolve = resolveBySystem): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error) return callback(error, [])
      const fit = addresses.filter(({ address, family }) => {
        const isAsked = !options.family || options.family === family
        return isAsked && isPublicAddress(address)
      })
      const [first] = fit
      if (!first) return callback(Object.assign(new Error('not public'), { code: NOT_PUBLIC }), [])
      if (options.all) callback(null, [...fit])
      else callback(null, first.address, first.family)
    })
  }
}
