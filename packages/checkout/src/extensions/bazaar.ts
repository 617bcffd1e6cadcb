import type { Extensions } from './Extensions.ts'

type Schema = Readonly<Record<string, unknown>>

/** A request over HTTP that is sold, as far as its buyers' software must know it. */
export type Sellable = {
  readonly method: string
  /** Its path, where that has parameters: `/photos/:id`. */
  readonly path?: string
  /** JSON Schema of its body, or of its query where the method has none. */
  readonly inputSchema?: Schema
  /** JSON Schema of what is answered. */
  readonly outputSchema?: Schema
}

const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The bazaar extension: how to make the request, for catalogues and for software that buys. An
 * example is the first of the schema's own `examples`, which must fit it.
 */
export function announceInBazaar(sold: Sellable): Extensions {
  const { method, path, inputSchema = { type: 'object' }, outputSchema } = sold
  const body = withBody.has(method)
  const input = {
    ...{ type: 'http', method },
    ...(body
      ? { bodyType: 'json', body: exampleOf(inputSchema) ?? {} }
      : { queryParams: exampleOf(inputSchema) ?? {} }),
  }
  const output = outputSchema && exampleOf(outputSchema)
  const info = {
    input,
    ...(outputSchema && {
      output: { type: 'json', ...(output !== undefined && { example: output }) },
    }),
  }
  const routeTemplate = path !== undefined && /[:*]/.test(path) && { routeTemplate: path }
  return { bazaar: { info, schema: schemaOf(sold, body), ...routeTemplate } }
}

function schemaOf(
  { method, inputSchema = { type: 'object' }, outputSchema }: Sellable,
  body: boolean,
) {
  const input = {
    ...{ type: { type: 'string', const: 'http' }, method: { type: 'string', enum: [method] } },
    ...(body
      ? { bodyType: { type: 'string', enum: ['json'] }, body: inputSchema }
      : { queryParams: inputSchema }),
  }
  const output = { type: 'object', properties: { example: outputSchema } }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      input: { type: 'object', properties: input, required: Object.keys(input) },
      ...(outputSchema && { output }),
    },
    required: ['input'],
  }
}

function exampleOf({ examples }: Schema): unknown {
  return Array.isArray(examples) ? examples[0] : undefined
}
