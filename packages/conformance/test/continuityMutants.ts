import type { ChallengeStore, Continuity } from '@key0/core'
import { type Mutant, overStore } from './breakStore.ts'

type Change = (store: ChallengeStore) => ChallengeStore['beat']

const overBeat = (change: Change): Mutant['make'] => overStore((store) => ({ beat: change(store) }))

/** Bugs of noticing that writes were lost. The model knows nothing of it, so only laws see them. */
export const continuityMutants: readonly Mutant[] = [
  {
    bug: 'a beat looks first and writes later',
    breaks: 'continuity: twenty first beats at once agree on one name',
    make: overBeat((store) => {
      let current: Continuity | undefined
      return async (heartbeat) => {
        const before = current
        await Promise.resolve()
        const answer = await store.beat(heartbeat)
        current = { ...answer, deploymentId: before?.deploymentId ?? heartbeat.beatId }
        return current
      }
    }),
  },
  {
    bug: 'what a process remembers is not compared',
    breaks: 'continuity: a process that remembers more events than there are has noticed a loss',
    make: overBeat(
      (store) =>
        ({ remembered: _, ...heartbeat }) =>
          store.beat(heartbeat),
    ),
  },
  {
    bug: 'a loss is told to who noticed it and forgotten',
    breaks: 'continuity: a process that remembers other data has noticed a loss',
    make: overBeat((store) => async (heartbeat) => {
      const { break: loss, ...rest } = await store.beat(heartbeat)
      return heartbeat.remembered && loss ? { ...rest, break: loss } : rest
    }),
  },
  {
    bug: 'a silence ends with the next beat',
    breaks: 'continuity: a silence stays until it is examined, and the next one makes it longer',
    make: overBeat((store) => {
      let told = false
      return async (heartbeat) => {
        const { silence, ...rest } = await store.beat(heartbeat)
        const answer = silence && !told ? { ...rest, silence } : rest
        told = silence !== undefined
        return answer
      }
    }),
  },
  {
    bug: 'whatever the chain said, the silence is over',
    breaks: 'continuity: a silence in which payments are missing is a loss',
    make: overBeat((store) => ({ examined, ...heartbeat }) => {
      const calm = examined && { ...examined, paymentsMissing: false }
      return store.beat({ ...heartbeat, examined: calm })
    }),
  },
  {
    bug: 'events are counted by how many there are left',
    breaks: 'continuity: the highest event rises with every write of the trail, not with reads',
    make: overBeat((store) => async (heartbeat) => {
      const answer = await store.beat(heartbeat)
      return { ...answer, highestEvent: Math.min(answer.highestEvent, 1) }
    }),
  },
]
