/** One measurement that can be asked for by name. */
export type Bench = {
  readonly name: string
  readonly summary: string
  readonly run: (options: BenchOptions) => Promise<Report>
}

export type BenchOptions = {
  /** Counts so small that the figures say nothing: whether it runs at all. */
  readonly isQuick: boolean
  /** Tells how far it has come. */
  readonly say: (text: string) => void
}

export type Report = {
  readonly bench: string
  readonly tables: readonly Table[]
  readonly bars: readonly Bar[]
  readonly notes: readonly string[]
}

export type Table = {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** What was promised, and what was measured. */
export type Bar = {
  readonly promise: string
  readonly measured: string
  readonly isReached: boolean
}
