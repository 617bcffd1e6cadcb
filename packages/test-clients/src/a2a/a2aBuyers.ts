import type { CreateA2aBuyer } from './A2aBuyer.ts'
import { createLegacyA2aBuyer } from './createLegacyA2aBuyer.ts'
import { createCompatA2aBuyer, createModernA2aBuyer } from './modernBuyers.ts'

/** Every A2A client there is, by the name that a test shows. */
export const a2aBuyers: readonly (readonly [name: string, create: CreateA2aBuyer])[] = [
  ['@a2a-js/sdk 1.3, protocol 1.0', createModernA2aBuyer],
  ['@a2a-js/sdk 1.3, protocol 0.3', createCompatA2aBuyer],
  ['@a2a-js/sdk 0.3.14', createLegacyA2aBuyer],
]
