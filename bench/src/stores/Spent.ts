/** What a stretch of work took, for each operation in it. */
export type Spent = {
  readonly wallUs: number
  /** Processor time of the server, all its processes. */
  readonly serverUs: number
  /** Processor time of the caller's process: driver, encoding and decoding. */
  readonly clientUs: number
  /** Elapsed inside the script, where there is one and the server says so. */
  readonly scriptUs?: number
}

/** Measures work of `count` operations; `serverCpuUs` reads the server's processor time. */
export async function spend(
  count: number,
  serverCpuUs: () => Promise<number>,
  work: () => Promise<void>,
): Promise<Spent> {
  const serverBefore = await serverCpuUs()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  await work()
  const wallUs = (performance.now() - startedAt) * 1_000
  const { user, system } = process.cpuUsage(cpu)
  const serverUs = (await serverCpuUs()) - serverBefore
  return {
    wallUs: wallUs / count,
    serverUs: serverUs / count,
    clientUs: (user + system) / count,
  }
}

/** Several stretches of the same kind as one, weighing each alike. */
export function meanOf(all: readonly Spent[]): Spent {
  const mean = (pick: (one: Spent) => number): number =>
    all.reduce((sum, one) => sum + pick(one), 0) / all.length
  return {
    wallUs: mean((one) => one.wallUs),
    serverUs: mean((one) => one.serverUs),
    clientUs: mean((one) => one.clientUs),
    scriptUs: mean((one) => one.scriptUs ?? 0),
  }
}
