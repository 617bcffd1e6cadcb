import type { Readable } from 'node:stream'

/** A body as it comes: nothing is read before it is asked for, and who goes away ends it. */
export function toWebStream(body: Readable): ReadableStream<Uint8Array> {
  // A body that is dropped before anybody reads it fails with nobody there to be told.
  body.on('error', () => {})
  const chunks = body.iterator({ destroyOnReturn: true })
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value as Uint8Array)
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  )
}
