import type { DeliveryLimits } from './ResourceSale.ts'

type Reader = ReadableStreamDefaultReader<Uint8Array>
type Chunk = Awaited<ReturnType<Reader['read']>>

/** A response of which only a part was read: the rest is passed on as it comes. */
export type Rest = { readonly kind: 'stream'; readonly body: ReadableStream<Uint8Array> }

type Read = { readonly kind: 'whole'; readonly bytes: Uint8Array } | Rest

/**
 * Reads a response whole if it is one that ends: of known length within what is stored, or at its
 * end soon. Server-sent events, what is longer, and what goes on for longer is a stream, which
 * begins when its first byte is there.
 *
 * @throws whatever breaks the response off before that; the reason of `signal`
 */
export async function readUpTo(
  response: Response,
  limits: Pick<DeliveryLimits, 'maxStoredBytes' | 'streamAfterMs'>,
  signal: AbortSignal,
): Promise<Read> {
  if (response.body === null) return { kind: 'whole', bytes: new Uint8Array() }
  const reader: Reader = response.body.getReader()
  const stopped = rejectWith(signal)
  const read = (): Promise<Chunk> => Promise.race([reader.read(), stopped])
  try {
    const first = await read()
    if (first.done) return { kind: 'whole', bytes: new Uint8Array() }
    const length = lengthOf(response.headers)
    if (isEndless(response.headers) || (length ?? 0) > limits.maxStoredBytes)
      return { kind: 'stream', body: resume([first.value], reader) }
    const late = after(length === undefined ? limits.streamAfterMs : undefined)
    return await gather(first.value, { reader, read, late, ...limits }).finally(late.stop)
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  }
}

/** Everything until the end, or until there is too much of it or it takes too long. */
async function gather(
  first: Uint8Array,
  of: {
    readonly reader: Reader
    readonly read: () => Promise<Chunk>
    readonly late: ReturnType<typeof after>
    readonly maxStoredBytes: number
  },
): Promise<Read> {
  const chunks = [first]
  let size = first.length
  while (size <= of.maxStoredBytes) {
    const next = of.read()
    const chunk = await Promise.race([next, of.late.over])
    if (chunk === 'late') return { kind: 'stream', body: resume(chunks, of.reader, next) }
    if (chunk.done) return { kind: 'whole', bytes: join(chunks, size) }
    chunks.push(chunk.value)
    size += chunk.value.length
  }
  return { kind: 'stream', body: resume(chunks, of.reader) }
}

/** Server-sent events end when one of the two hangs up. */
function isEndless(headers: Headers): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')
}

function lengthOf(headers: Headers): number | undefined {
  const length = headers.get('content-length')
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined
}

/** What was read already, then what a read brings that is under way, then the rest. */
function resume(
  chunks: readonly Uint8Array[],
  reader: Reader,
  underWay?: Promise<Chunk>,
): ReadableStream<Uint8Array> {
  const queue = [...chunks]
  let pending = underWay
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const known = queue.shift()
        if (known) return controller.enqueue(known)
        const { done, value } = await (pending ?? reader.read())
        pending = undefined
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function rejectWith(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  // Nobody may be waiting when it fires.
  aborted.catch(() => {})
  return aborted
}

/** A promise that is kept after a while, or never. */
function after(ms: number | undefined): {
  readonly over: Promise<'late'>
  readonly stop: () => void
} {
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<'late'>((resolve) => {
    if (ms !== undefined) timer = setTimeout(() => resolve('late'), ms)
  })
  return { over, stop: () => clearTimeout(timer) }
}
