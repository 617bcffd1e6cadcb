import type { Artifact, Part } from '@a2a-js/sdk'
import { textOfBody, toResourceResponse } from '@key0/checkout'
import type { Delivered, DeliveredResource } from '@key0/core'

/** What was bought, as an artifact: a grant, or the response to a single request. */
export function toArtifact(bought: Delivered | DeliveredResource): Artifact {
  if ('grant' in bought) return artifact('access-grant', 'AccessGrant', [toData(bought.grant)])
  return artifact('resource-response', 'ResourceResponse', responseParts(bought))
}

/**
 * A response in the JSON that `POST /x402/access` has for it, with its body if that is text. Bytes
 * that are none stand in a file part of their own, which A2A has for them.
 */
function responseParts(bought: DeliveredResource): Part[] {
  const envelope = toResourceResponse(bought)
  const { body: base64 = '', headers } = bought.response
  const body = textOfBody(base64)
  if (body !== undefined) return [toData({ ...envelope, body, bodyEncoding: 'utf-8' })]
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  const file = { $case: 'raw', value: Buffer.from(base64, 'base64') } as const
  return [toData(envelope), toPart(file, type ?? 'application/octet-stream')]
}

/** A part of a message or an artifact. */
export function toPart(content: NonNullable<Part['content']>, mediaType: string): Part {
  return { content, metadata: undefined, filename: '', mediaType }
}

function toData(value: object): Part {
  return toPart({ $case: 'data', value }, 'application/json')
}

function artifact(artifactId: string, name: string, parts: Part[]): Artifact {
  const description = 'What was bought.'
  return { artifactId, name, description, parts, metadata: undefined, extensions: [] }
}
