import { refuseGoneBody } from '@key0/middleware-kit'
import type { HonoRequest } from 'hono'

/**
 * The bytes of a body that a middleware before has read through Hono, which keeps what it read. A
 * form of which only the parsed form is left is written again.
 *
 * @returns `undefined` where nobody has read it
 * @throws RAW_BODY_MISSING when somebody has read it past Hono, or nothing but files is left of it
 */
export async function rereadBody(req: HonoRequest): Promise<Uint8Array | undefined> {
  const { raw, bodyCache } = req
  const [kept] = Object.keys(bodyCache)
  if (kept === undefined) {
    if (raw.method !== 'GET' && raw.method !== 'HEAD' && raw.bodyUsed) refuseGoneBody()
    return undefined
  }
  if (kept !== 'formData') return new Uint8Array(await req.arrayBuffer())
  const type = req.header('content-type') ?? ''
  // The parts of any other form are parted by a text that is gone.
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) refuseGoneBody()
  const pairs = [...(await req.formData())].map(([name, value]): [string, string] => [
    name,
    `${value}`,
  ])
  return new TextEncoder().encode(`${new URLSearchParams(pairs)}`)
}
