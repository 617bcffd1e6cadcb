import type { ServerResponse } from 'node:http'
import type { Outlet } from './captureResponse.ts'
import { defer } from './defer.ts'

/** Writes a `Response` to a response of Node's, and ends it. A client that hangs up ends the body. */
export async function sendResponse(
  answer: Response,
  response: ServerResponse,
  outlet: Outlet = outletOf(response),
): Promise<void> {
  response.statusCode = answer.status
  for (const [name, value] of answer.headers)
    if (name !== 'set-cookie') response.setHeader(name, value)
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  const reader = answer.body?.getReader()
  if (!reader) return outlet.end()
  const gone = defer<{ readonly done: true; readonly value: undefined }>()
  response.once('close', () => gone.resolve({ done: true, value: undefined }))
  try {
    while (!response.destroyed) {
      const { done, value } = await Promise.race([reader.read(), gone.promise])
      if (done) break
      if (!outlet.write(value)) await drained(response)
    }
  } catch {
    // Its head is gone, so this is the one way to say that the rest will not come.
    return outlet.destroy()
  }
  if (response.destroyed) await reader.cancel().catch(() => {})
  else outlet.end()
}

function outletOf(response: ServerResponse): Outlet {
  return {
    write: (chunk) => response.write(chunk),
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  }
}

/** Waits until the socket takes more, or is gone. What was caught says `drain` as well. */
async function drained(response: ServerResponse): Promise<void> {
  while (response.writableNeedDrain && !response.destroyed)
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go)
        resolve()
      }
      response.on('drain', go).on('close', go)
    })
}
