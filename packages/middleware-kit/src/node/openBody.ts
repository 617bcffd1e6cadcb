import type { ServerResponse } from 'node:http'

/** The body of an answer that is caught. */
export type CapturedBody = {
  readonly stream: ReadableStream<Uint8Array>
  readonly write: Write
  readonly end: (...given: Parameters<Write>) => void
  /** Ends it as one that is not whole. Changes nothing once it has ended. */
  readonly breakOff: (cause: unknown) => void
}

export type Write = (chunk: unknown, encoding?: unknown, done?: unknown) => boolean

const BUFFERED_BYTES = 65_536

/** Opens a body that is written by a handler and read by us, no faster than we read it. */
export function openBody(response: ServerResponse): CapturedBody {
  let isFull = false
  let isOver = false
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull() {
        if (!isFull) return
        isFull = false
        response.emit('drain')
      },
      cancel() {
        isOver = true
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES }),
  )
  const write: Write = (chunk, encoding, done) => {
    const callback = [done, encoding, chunk].find((each) => typeof each === 'function')
    if (typeof callback === 'function') queueMicrotask(() => callback())
    const bytes = toBytes(chunk, encoding)
    if (isOver || bytes.length === 0) return true
    controller?.enqueue(bytes)
    isFull = (controller?.desiredSize ?? 0) <= 0
    return !isFull
  }
  return {
    stream,
    write,
    end(...given: Parameters<Write>) {
      write(...given)
      if (!isOver) controller?.close()
      isOver = true
    },
    breakOff(cause) {
      if (isOver) return
      isOver = true
      controller?.error(cause)
    },
  }
}

function toBytes(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk !== 'string') return new Uint8Array()
  return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
}
