/** The most of an answer that a tool's result carries, in bytes. */
const maxBytes = 1_048_576
/** How long an answer is read: a stream may never end. */
const maxMs = 20_000

/**
 * Reads an answer, or as much of it as came and as a tool's result has room and time for. One that
 * breaks off was paid for all the same: its part goes to the buyer, with the receipt.
 */
export async function readPart(
  response: Response,
): Promise<{ readonly bytes: Uint8Array; readonly isWhole: boolean }> {
  if (response.body === null) return { bytes: new Uint8Array(), isWhole: true }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(() => done(undefined), maxMs)
  })
  const end = (isWhole: boolean) => ({
    bytes: Buffer.concat(chunks).subarray(0, maxBytes),
    isWhole,
  })
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late])
      if (read?.done) return end(true)
      if (read) {
        chunks.push(read.value)
        size += read.value.length
      }
      if (read && size <= maxBytes) continue
      reader.cancel().catch(() => {})
      return end(false)
    }
  } catch {
    return end(false)
  } finally {
    clearTimeout(timer)
  }
}
