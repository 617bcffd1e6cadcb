/** Asks again only when the last answer is older than `ttlMs`: whoever looks costs no more. */
export function remember<answer>(ask: () => Promise<answer>, ttlMs: number): () => Promise<answer> {
  let answer: Promise<answer> | undefined
  let askedAtMs = 0
  return () => {
    const nowMs = performance.now()
    if (answer === undefined || nowMs - askedAtMs > ttlMs) {
      askedAtMs = nowMs
      answer = ask()
    }
    return answer
  }
}
