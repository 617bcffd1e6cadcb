/** Where time comes from. Core has none of its own, so that tests and simulators can steer it. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): number
}
