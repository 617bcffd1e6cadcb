import type { Continuity, Heartbeat } from './Continuity.ts'
import { decodeContinuity, encodeContinuity } from './continuityCodec.ts'
import { type EngineSigns, judgeBeat } from './judgeBeat.ts'

/** The two things an engine must do for its beats: read, and swap one text if it is unchanged. */
export type WitnessCell = {
  read(): Promise<EngineSigns & { readonly stored: string | undefined }>
  /** Whether `before` still stood there and `after` stands there now. */
  swap(before: string | undefined, after: string): Promise<boolean>
}

/**
 * A beat over a cell that can compare and swap. Processes that beat at once take turns; a beat is
 * rare, so another turn costs nothing that counts.
 */
export async function beatBySwap(cell: WitnessCell, heartbeat: Heartbeat): Promise<Continuity> {
  for (;;) {
    const { stored, ...signs } = await cell.read()
    const next = judgeBeat(
      stored === undefined ? undefined : decodeContinuity(stored),
      heartbeat,
      signs,
    )
    if (await cell.swap(stored, encodeContinuity(next))) return next
  }
}
