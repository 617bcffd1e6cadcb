import { refuseGoneBody } from '../refuseGoneBody.ts'

/** A request of a framework that keeps what it reads of a body, as Hono's `c.req` does. */
export type ReadingRequest = {
  readonly raw: Request
  /** What was read already, by how it was read. */
  readonly bodyCache: object
  readonly arrayBuffer: () => Promise<ArrayBuffer>
  readonly formData: () => Promise<FormData>
}

/**
 * The bytes of a body that a middleware before has read through its framework, which keeps what it
 * read. A form of which only the parsed form is left is written again.
 *
 * @returns `undefined` where nobody has read it
 * @throws RAW_BODY_MISSING when somebody has read it past the framework, or nothing but files is left
 */
export async function rereadWebBody(req: ReadingRequest): Promise<Uint8Array | undefined> {
  const { raw, bodyCache } = req
  const [kept] = Object.keys(bodyCache)
  if (kept === undefined) {
    if (raw.method !== 'GET' && raw.method !== 'HEAD' && raw.bodyUsed) refuseGoneBody()
    return undefined
  }
  if (kept !== 'formData') return new Uint8Array(await req.arrayBuffer())
  const type = raw.headers.get('content-type') ?? ''
  // The parts of any other form are parted by a text that is gone.
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) refuseGoneBody()
  const pairs = [...(await req.formData())].map(([name, value]): [string, string] => [
    name,
    `${value}`,
  ])
  return new TextEncoder().encode(`${new URLSearchParams(pairs)}`)
}
