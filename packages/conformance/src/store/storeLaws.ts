import type { Case } from './Case.ts'
import { auditLaws } from './laws/audit.ts'
import { continuityLaws } from './laws/continuity.ts'
import { createLaws } from './laws/create.ts'
import { dueLaws } from './laws/due.ts'
import { gridLaws } from './laws/grid.ts'
import { guardLaws } from './laws/guards.ts'
import { refundableLaws } from './laws/refundable.ts'
import { reserveLaws } from './laws/reserve.ts'
import { resourceLaws } from './laws/resources.ts'
import { retentionLaws } from './laws/retention.ts'
import { settleLaws } from './laws/settle.ts'
import { settleRaceLaws } from './laws/settleRaces.ts'
import { valueLaws } from './laws/values.ts'
import { versionLaws } from './laws/versions.ts'

/** Every law of a store, in the order in which a newcomer should make them pass. */
export const storeLaws: readonly Case[] = [
  ...createLaws,
  ...gridLaws,
  ...reserveLaws,
  ...settleLaws,
  ...settleRaceLaws,
  ...guardLaws,
  ...versionLaws,
  ...dueLaws,
  ...refundableLaws,
  ...retentionLaws,
  ...auditLaws,
  ...continuityLaws,
  ...valueLaws,
  ...resourceLaws,
]
