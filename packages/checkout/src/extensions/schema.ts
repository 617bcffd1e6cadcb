/** A JSON Schema as a seller wrote it. */
export type Schema = Readonly<Record<string, unknown>>

/** Keywords under which an object of fitting properties surely fits. */
const simple: ReadonlySet<string> = new Set([
  ...['$schema', 'type', 'title', 'description', 'properties', 'required', 'additionalProperties'],
])

/**
 * The first of a schema's own examples, or an object of those of its properties; `undefined` where
 * none is sure to fit.
 */
export function exampleOf(schema: Schema): unknown {
  const { examples, type } = schema
  if (Array.isArray(examples) && examples.length > 0) return examples[0]
  if (type !== 'object' || Object.keys(schema).some((keyword) => !simple.has(keyword)))
    return undefined
  const known = propertiesOf(schema).flatMap(([name, part]) => {
    const value = 'const' in part ? part.const : firstOf(part.examples)
    return value === undefined ? [] : [[name, value] as const]
  })
  const example: Schema = Object.fromEntries(known)
  return requiredOf(schema).every((name) => Object.hasOwn(example, name)) ? example : undefined
}

/** The properties that a schema describes. */
export function propertiesOf(schema: Schema = {}): readonly (readonly [string, Schema])[] {
  return Object.entries(isSchema(schema.properties) ? schema.properties : {}).map(
    ([name, part]) => [name, isSchema(part) ? part : {}],
  )
}

/** The names of the properties that a schema requires. */
export function requiredOf({ required }: Schema = {}): readonly string[] {
  return Array.isArray(required) ? required.map((name) => `${name}`) : []
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
