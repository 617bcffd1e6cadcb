import { expect, test } from 'vitest'
import { announceInBazaar } from './bazaar.ts'

const inputSchema = {
  type: 'object',
  properties: { size: { enum: ['s', 'l'] } },
  required: ['size'],
  examples: [{ size: 'l' }],
}

test('a request with a body says what goes into it and what comes out', () => {
  const outputSchema = { type: 'object', examples: [{ ok: true }] }
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
  expect(sold).toMatchObject({
    bazaar: {
      info: { input: { type: 'http', method: 'GET', queryParams: { size: 'l' } } },
      schema: { properties: { input: { required: ['type', 'method', 'queryParams'] } } },
      routeTemplate: '/photos/:id',
    },
  })
  expect(announceInBazaar({ method: 'GET', path: '/photos' }).bazaar).not.toHaveProperty(
    'routeTemplate',
  )
})
