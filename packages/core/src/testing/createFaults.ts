/** A fault at the n-th call that leaves a process, or at the n-th of one name, counted from 0. */
export type Fault = {
  readonly at: number
  /** Such as `store.settle`: names the same moment in runs whose order differs. */
  readonly call?: string
  /**
   * `crash`: the process dies before the call. `error-before`: the call fails and did nothing.
   * `reply-lost`: the call did its work and fails all the same.
   */
  readonly kind: FaultKind
}

export type FaultKind = 'crash' | 'error-before' | 'reply-lost'

export const faultKinds: readonly FaultKind[] = ['crash', 'error-before', 'reply-lost']

/** The death of a simulated process: every later call it makes dies with it. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

/** Counts the calls that processes make through it and fails the planned ones. */
export type Faults = {
  /** The names of the calls so far, such as `store.settle`. */
  readonly points: string[]
  /** The same port, its calls counted and failed. `process` dies with a crash. */
  wrap<port extends object>(name: string, port: port, process: FakeProcess): port
  /** No further fault from now on. */
  stop(): void
}

/** One simulated process: once dead, nothing of it reaches the world again. */
export type FakeProcess = { dead: boolean }

export function createFaults(planned: readonly Fault[] = []): Faults {
  const points: string[] = []
  let plan = planned
  const meet = async <result>(
    name: string,
    process: FakeProcess,
    call: () => Promise<result>,
  ): Promise<result> => {
    if (process.dead) throw new Crash()
    const ofThisName = points.filter((point) => point === name).length
    const fault = plan.find(({ at, call }) =>
      call === undefined ? at === points.length : call === name && at === ofThisName,
    )
    points.push(name)
    if (fault?.kind === 'crash') {
      process.dead = true
      throw new Crash()
    }
    if (fault?.kind === 'error-before') throw new Error(`${name} failed`)
    const result = await call()
    if (fault?.kind === 'reply-lost') throw new Error(`the reply of ${name} was lost`)
    return result
  }
  return {
    points,
    stop: () => {
      plan = []
    },
    wrap: (name, port, process) =>
      new Proxy(port, {
        get(target, property) {
          const member: unknown = Reflect.get(target, property)
          if (typeof member !== 'function') return member
          if (synchronous.has(String(property))) return member.bind(target)
          return (...given: unknown[]) =>
            meet(`${name}.${String(property)}`, process, () =>
              member.apply(
                target,
                given.map((argument) => tied(argument, process)),
              ),
            )
        },
      }),
  }
}

/** Calls that answer at once and touch nothing outside. */
const synchronous = new Set(['canSignFor', 'refundNonce'])

/** A callback into a dead process never returns to it. */
function tied(argument: unknown, process: FakeProcess): unknown {
  if (typeof argument !== 'function') return argument
  return (...given: unknown[]) => {
    if (process.dead) throw new Crash()
    return argument(...given)
  }
}
