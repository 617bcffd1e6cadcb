import type { Part } from '@a2a-js/sdk'
import { type AskedResource, malformed, readAskedResource } from '@key0/checkout'
import { parseJson, WireError } from '@key0/x402'
import { skillIds } from '../skillIds.ts'
import { resourceField } from './Wanted.ts'

/** Everything a message may say in its parts. Other keys are dropped. */
const names = [
  'skill',
  'planId',
  'requestId',
  'resourceId',
  'challengeId',
  'txHash',
  'payerSignature',
] as const

export type Fields = { readonly [name in (typeof names)[number]]?: string } & {
  /** The version of x402 in which the price is to be told. */
  readonly x402Version?: 1 | 2
  /** A single request that is to be bought. */
  readonly resource?: AskedResource
}

/**
 * Reads the fields of a message's parts: of data parts, and of text parts that are a JSON object.
 * Any other text is talk, which this agent does not read.
 *
 * @throws REQUEST_MALFORMED for a field that is not what it should be, for one given twice with two
 * values, and for a skill this agent does not have.
 */
export function readFields(parts: readonly Part[]): Fields {
  const fields: { [name in (typeof names)[number]]?: string } = {}
  let x402Version: 1 | 2 | undefined
  let resource: AskedResource | undefined
  for (const part of parts) {
    const source = toObject(part)
    x402Version = readVersion(source) ?? x402Version
    resource = merge(readResource(source), resource)
    for (const name of names) {
      const value = Object.hasOwn(source, name) ? source[name] : undefined
      if (value === undefined || value === null) continue
      if (typeof value !== 'string') throw malformed(name, 'text')
      if (fields[name] !== undefined && fields[name] !== value) throw malformed(name, oneValue)
      fields[name] = value
    }
  }
  const known: readonly string[] = Object.values(skillIds)
  if (fields.skill !== undefined && !known.includes(fields.skill))
    throw malformed('skill', known.join(' or '))
  return { ...fields, ...(x402Version && { x402Version }), ...(resource && { resource }) }
}

const oneValue = 'one value in all parts of the message'

function readResource(source: Readonly<Record<string, unknown>>): AskedResource | undefined {
  const value = Object.hasOwn(source, resourceField) ? source[resourceField] : undefined
  if (value === undefined || value === null) return undefined
  return readAskedResource(value, resourceField)
}

function merge(
  one: AskedResource | undefined,
  other: AskedResource | undefined,
): AskedResource | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (JSON.stringify(one) !== JSON.stringify(other)) throw malformed(resourceField, oneValue)
  return one
}

function readVersion(source: Readonly<Record<string, unknown>>): 1 | 2 | undefined {
  const version = Object.hasOwn(source, 'x402Version') ? source.x402Version : undefined
  if (version === undefined || version === 1 || version === 2) return version
  throw malformed('x402Version', '1 or 2')
}

function toObject({ content }: Part): Readonly<Record<string, unknown>> {
  if (content?.$case === 'data') return isObject(content.value) ? content.value : {}
  if (content?.$case !== 'text') return {}
  if (typeof content.value !== 'string') throw malformed('message.parts', 'text in a text part')
  if (!/^\s*\{/.test(content.value)) return {}
  try {
    const value = parseJson(content.value)
    return isObject(value) ? value : {}
  } catch (error) {
    if (!WireError.is(error)) throw error
    throw malformed('message.parts', 'a data part, or text that is a JSON object')
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
