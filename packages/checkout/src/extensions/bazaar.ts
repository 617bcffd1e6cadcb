import type { Extensions } from './Extensions.ts'
import { exampleOf, propertiesOf, requiredOf, type Schema } from './schema.ts'

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

const withQuery: ReadonlySet<string> = new Set(['GET', 'DELETE'])
const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])
const anything: Schema = { type: 'object' }

/** The method under which a request is announced; `undefined` where the bazaar knows none. */
export function announcedMethod(method: string): string | undefined {
  if (method === 'HEAD') return 'GET'
  return withQuery.has(method) || withBody.has(method) ? method : undefined
}

/**
 * The bazaar extension: how to make the request, for catalogues and for software that buys. An
 * example is there only where it surely fits the schema: catalogues drop what contradicts itself.
 */
export function announceInBazaar(sold: Sellable): Extensions {
  const { method, path = '', inputSchema = anything, outputSchema } = sold
  const params = { [withBody.has(method) ? 'body' : 'queryParams']: exampleOf(inputSchema) }
  const input = {
    ...{ type: 'http', method },
    ...(withBody.has(method) && { bodyType: 'json' }),
    ...(exampleOf(inputSchema) !== undefined && params),
  }
  const info = { input, ...(outputSchema && { output: outputOf(outputSchema) }) }
  const routeTemplate = templateOf(path)
  const schema = schemaOf(sold, Object.keys(input))
  return { bazaar: { info, schema, ...(routeTemplate && { routeTemplate }) } }
}

/** The same as the `outputSchema` of version 1, which describes fields where we have schemas. */
export function announceInV1({ method, inputSchema, outputSchema }: Sellable): Schema {
  const required = requiredOf(inputSchema)
  const fields = Object.fromEntries(
    propertiesOf(inputSchema).map(([name, part]) => [
      name,
      // An object's own list of what it requires says more than whether it is required itself.
      'required' in part ? part : { ...part, required: required.includes(name) },
    ]),
  )
  const asked = withBody.has(method)
    ? { bodyType: 'json', bodyFields: fields }
    : { queryParams: fields }
  const input = { type: 'http', method, discoverable: true, ...asked }
  return { input, ...(outputSchema && { output: outputSchema }) }
}

/** What is answered; an example of nothing would say that nothing is. */
function outputOf(schema: Schema): object {
  const example = exampleOf(schema)
  return { type: 'json', ...(JSON.stringify(example ?? {}) !== '{}' && { example }) }
}

function schemaOf(
  { method, path = '', inputSchema = anything, outputSchema }: Sellable,
  required: readonly string[],
): Schema {
  const names = paramsOf(path)
  const text = { type: 'string' }
  const pathParams = {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, text])),
    required: names,
  }
  const input = {
    ...{ type: { type: 'string', const: 'http' }, method: { type: 'string', enum: [method] } },
    ...(withBody.has(method)
      ? { bodyType: { type: 'string', enum: ['json'] }, body: inputSchema }
      : { queryParams: inputSchema }),
    ...(names.length > 0 && { pathParams }),
  }
  const output = { type: 'object', properties: { example: outputSchema } }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      input: { type: 'object', properties: input, required },
      ...(outputSchema && { output }),
    },
    required: ['input'],
  }
}

/** What may stand in a `routeTemplate`; catalogues drop any other. */
const templateShape = /^\/[A-Za-z0-9_/:.\-~%]+$/

/** Where a path varies, in the catalogues' spelling: what a star stands for is called `rest`. */
function templateOf(path: string): string | undefined {
  const template = path.replace(/\*$/, ':rest')
  return paramsOf(path).length > 0 && templateShape.test(template) ? template : undefined
}

/** The names of a path's parameters. `/*` alone says nothing about where requests go. */
function paramsOf(path: string): readonly string[] {
  if (path === '/*') return []
  return [...path.replace(/\*$/, ':rest').matchAll(/:([A-Za-z]\w*)/g)].map(([, name]) => `${name}`)
}
