import { isChallengeId } from '@key0/checkout'
import type { Hash, Resource } from '@key0/core'

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
  /** A single request, by whoever's name for it. */
  | { readonly by: 'resource'; readonly requestId: string; readonly resource: Resource }

const contextShape = /^[A-Za-z0-9_:-]{1,128}$/
const REQUEST = 'request'
const DIGEST = /^0x[0-9a-f]{64}$/

/** Room for the longest target that a route can have. */
const LONGEST = 12_288

/** Whether a client's context can be kept in its task's id. */
export function isContextId(text: string): boolean {
  return contextShape.test(text)
}

/** `http-4f…`, or `request.<base64url of its parts>`, and `.<context>` if the client has one. */
export function formatTaskName(name: TaskName): string {
  const context = name.contextId === undefined ? '' : `.${name.contextId}`
  if (name.by === 'challenge') return `${name.challengeId}${context}`
  return `${REQUEST}.${toBase64Url(JSON.stringify(partsOf(name)))}${context}`
}

function partsOf(name: Exclude<TaskName, { readonly by: 'challenge' }>): readonly string[] {
  if (name.by === 'request') return [name.requestId, name.planId, name.resourceId]
  const { method, path, query, bodyDigest = '' } = name.resource
  return [name.requestId, method, path, query, bodyDigest]
}

/** Reads a task's id. @returns `undefined` for what is none of ours. */
export function parseTaskName(id: string): TaskName | undefined {
  if (id.length > LONGEST) return undefined
  const [first = '', ...rest] = id.split('.')
  const [parts, contextId, more] = first === REQUEST ? rest : [undefined, ...rest]
  if (more !== undefined || (contextId !== undefined && !isContextId(contextId))) return undefined
  if (first !== REQUEST)
    return isChallengeId(first) ? { by: 'challenge', challengeId: first, contextId } : undefined
  const subject = toSubject(readParts(parts ?? ''))
  return subject && { ...subject, contextId }
}

function toSubject(parts: readonly string[]): Subject | undefined {
  const [requestId = '', second = '', third = '', query = '', bodyDigest = ''] = parts
  if (parts.length === 3) return { by: 'request', requestId, planId: second, resourceId: third }
  if (parts.length !== 5 || (bodyDigest !== '' && !DIGEST.test(bodyDigest))) return undefined
  const digest = bodyDigest !== '' && { bodyDigest: bodyDigest as Hash }
  return { by: 'resource', requestId, resource: { method: second, path: third, query, ...digest } }
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
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : []
  } catch {
    return []
  }
}
