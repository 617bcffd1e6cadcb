import { expect, test } from 'vitest'
import { callerOf } from './callerOf.ts'

const connection = { socket: { remoteAddress: '10.0.0.2' } }
const asks = (forwarded?: string): Pick<Request, 'headers'> => ({
  headers: new Headers(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
})

test('a client is known by its connection, whatever it writes', () => {
  expect(callerOf(asks('203.0.113.9'), connection, undefined)).toEqual({ caller: '10.0.0.2' })
  expect(callerOf(asks(), {}, undefined)).toEqual({})
})

test('behind a proxy, by what the proxy has added, and nothing that came before', () => {
  const header = 'x-forwarded-for'
  expect(callerOf(asks('198.51.100.7, 203.0.113.9'), connection, header)).toEqual({
    caller: '203.0.113.9',
  })
  expect(callerOf(asks(), connection, header)).toEqual({})
  expect(callerOf(asks('203.0.113.9,'), connection, header)).toEqual({})
})
