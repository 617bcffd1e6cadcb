import { describe, expect, test } from 'vitest'
import { announcedMethod, announceInBazaar, announceInV1 } from './bazaar.ts'

const inputSchema = {
  type: 'object',
  properties: { size: { enum: ['s', 'l'] } },
  required: ['size'],
  examples: [{ size: 'l' }],
}
const outputSchema = { type: 'object', examples: [{ ok: true }] }

test('a request with a body says what goes into it and what comes out', () => {
  expect(announceInBazaar({ method: 'POST', inputSchema, outputSchema })).toMatchObject({
    bazaar: {
      info: {
        input: { type: 'http', method: 'POST', bodyType: 'json', body: { size: 'l' } },
        output: { type: 'json', example: { ok: true } },
      },
      schema: { properties: { input: { properties: { body: inputSchema } } } },
    },
  })
})

test('a request without one says what its query may hold, and where its path varies', () => {
  const sold = announceInBazaar({ method: 'GET', path: '/photos/:id', inputSchema })
  const pathParams = { properties: { id: { type: 'string' } }, required: ['id'] }
  expect(sold).toMatchObject({
    bazaar: {
      info: { input: { type: 'http', method: 'GET', queryParams: { size: 'l' } } },
      schema: {
        properties: {
          input: { required: ['type', 'method', 'queryParams'], properties: { pathParams } },
        },
      },
      routeTemplate: '/photos/:id',
    },
  })
})

test.each<[string, string | undefined]>([
  ['/photos', undefined],
  ['/*', undefined],
  ['/files/*', '/files/:rest'],
  ['/a/:one/b/:two', '/a/:one/b/:two'],
  // A catalogue drops a template with any other character in it.
  ['/a,b/:one', undefined],
])('the template of %s is %s', (path, routeTemplate) => {
  const { bazaar } = announceInBazaar({ method: 'GET', path })
  expect(bazaar).toMatchObject({ info: { input: { type: 'http', method: 'GET' } } })
  expect((bazaar as { routeTemplate?: string }).routeTemplate).toBe(routeTemplate)
})

describe('an example is told only if it surely fits', () => {
  const exampleIn = (schema: object): unknown => {
    const { bazaar } = announceInBazaar({ method: 'GET', inputSchema: { ...schema } })
    return (bazaar as { info: { input: { queryParams?: unknown } } }).info.input.queryParams
  }
  const city = { type: 'string', examples: ['Bern'] }

  test.each<[string, object, unknown]>([
    ['anything goes', { type: 'object' }, {}],
    ['nothing is known of what is required', { type: 'object', required: ['city'] }, undefined],
    [
      'its properties have examples',
      { type: 'object', required: ['city'], properties: { city, days: { type: 'integer' } } },
      { city: 'Bern' },
    ],
    ['a constant', { type: 'object', properties: { unit: { const: 'm' } } }, { unit: 'm' }],
    ['its own comes first', { type: 'object', properties: { city }, examples: [{}] }, {}],
    ['other keywords say more', { type: 'object', minProperties: 1 }, undefined],
    ['no object', { type: 'array' }, undefined],
  ])('%s', (_, schema, expected) => expect(exampleIn(schema)).toEqual(expected))
})

test('version 1 is told of fields, and which of them must be there', () => {
  const nested = { type: 'object', required: ['x'], properties: { x: {} } }
  const schema = {
    type: 'object',
    required: ['city', 'place'],
    properties: { city: { type: 'string' }, days: { type: 'integer' }, place: nested },
  }
  const fields = {
    city: { type: 'string', required: true },
    days: { type: 'integer', required: false },
    place: nested,
  }
  const http = { type: 'http', discoverable: true }
  expect(announceInV1({ method: 'GET', inputSchema: schema, outputSchema })).toEqual({
    input: { ...http, method: 'GET', queryParams: fields },
    output: outputSchema,
  })
  expect(announceInV1({ method: 'PUT', inputSchema: schema })).toEqual({
    input: { ...http, method: 'PUT', bodyType: 'json', bodyFields: fields },
  })
  expect(announceInV1({ method: 'GET' })).toEqual({
    input: { ...http, method: 'GET', queryParams: {} },
  })
})

test('HEAD goes with GET, and what the bazaar does not know is not announced', () => {
  expect(['HEAD', 'DELETE', 'QUERY'].map(announcedMethod)).toEqual(['GET', 'DELETE', undefined])
})
