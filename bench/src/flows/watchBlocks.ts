import type { SandboxControl } from '@key0/sandbox'

/** Notes when each block came. */
export type Blocks = Disposable & {
  /** Resolves once the first head is known. */
  readonly begun: Promise<void>
  /** The head at an instant of `performance.now()`, as far as it was known then. */
  readonly at: (ms: number) => number
}

const everyMs = 100

export function watchBlocks(sandbox: Pick<SandboxControl, 'blockNumber'>): Blocks {
  const heads: { readonly number: number; readonly atMs: number }[] = []
  const look = async (): Promise<void> => {
    const number = Number(await sandbox.blockNumber())
    if (heads.at(-1)?.number !== number) heads.push({ number, atMs: performance.now() })
  }
  const begun = look()
  const timer = setInterval(() => void look().catch(() => undefined), everyMs)
  return {
    begun,
    at: (ms) => heads.findLast(({ atMs }) => atMs <= ms)?.number ?? heads[0]?.number ?? 0,
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
