const HEALTH_TTL_MS = 2_000

/** Everybody may ask whether something is well, so it is itself asked only now and then. */
export function createProbe(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined
  let askedAtMs = 0
  return () => {
    const nowMs = performance.now()
    if (answer === undefined || nowMs - askedAtMs > HEALTH_TTL_MS) {
      askedAtMs = nowMs
      answer = ask().catch(() => false)
    }
    return answer
  }
}
