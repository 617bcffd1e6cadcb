import { isChallengeId } from '@key0/checkout'

/**
 * What a task's id says. A gateway keeps nothing of a task but its challenge, so the id carries
 * all that is needed to go on with it, on whichever process the next message arrives.
 *
 * A task that names its challenge is a capability, as the challenge's id is. Whoever may not be
 * told that id gets a task that names the request they made, which opens nothing by itself.
 */
export type TaskName = Subject & {
  /** The client's own context, if it has one. Only a label: it decides nothing. */
  readonly contextId: string | undefined
}

type Subject =
  | { readonly by: 'challenge'; readonly challengeId: string }
  | {
      readonly by: 'request'
      readonly requestId: string
      readonly planId: string
      readonly resourceId: string
    }

const contextShape = /^[A-Za-z0-9_:-]{1,128}$/
const REQUEST = 'request'

/** Whether a client's context can be kept in its task's id. */
export function isContextId(text: string): boolean {
  return contextShape.test(text)
}

/** `http-4f…`, or `request.<base64url of its parts>`, and `.<context>` if the client has one. */
export function formatTaskName(name: TaskName): string {
  const context = name.contextId === undefined ? '' : `.${name.contextId}`
  if (name.by === 'challenge') return `${name.challengeId}${context}`
  const parts = JSON.stringify([name.requestId, name.planId, name.resourceId])
  return `${REQUEST}.${toBase64Url(parts)}${context}`
}

/** Reads a task's id. @returns `undefined` for what is none of ours. */
export function parseTaskName(id: string): TaskName | undefined {
  if (id.length > 2_048) return undefined
  const [first = '', ...rest] = id.split('.')
  const [parts, contextId, more] = first === REQUEST ? rest : [undefined, ...rest]
  if (more !== undefined || (contextId !== undefined && !isContextId(contextId))) return undefined
  if (first !== REQUEST)
    return isChallengeId(first) ? { by: 'challenge', challengeId: first, contextId } : undefined
  const [requestId, planId, resourceId] = readParts(parts ?? '')
  if (requestId === undefined || planId === undefined || resourceId === undefined) return undefined
  return { by: 'request', requestId, planId, resourceId, contextId }
}

/** The context of a task whose client named none: always the same, and telling nothing of it. */
export async function contextOf(name: TaskName): Promise<string> {
  if (name.contextId !== undefined) return name.contextId
  const bytes = new TextEncoder().encode(`context of ${formatTaskName(name)}`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).subarray(0, 16)
  return `context-${[...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function toBase64Url(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text))
  return btoa(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

function readParts(text: string): readonly string[] {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return []
  try {
    const bytes = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
    const json = new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
    )
    const parts: unknown = JSON.parse(json)
    const fits = Array.isArray(parts) && parts.length === 3
    return fits && parts.every((part) => typeof part === 'string') ? parts : []
  } catch {
    return []
  }
}
