import type { Observe } from '@key0/core'

/** Independent nodes contradict each other about money: nothing is decided, and a person is told. */
export function alertDisagreement(observe: Observe): (cause: Error) => void {
  return (cause) => observe({ name: 'alert', what: 'independent nodes do not agree', cause })
}
