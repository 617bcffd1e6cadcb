import { Key0Error } from '@key0/core'
import { expect, test } from 'vitest'
import { connectRedis, toClusterOptions } from './connectRedis.ts'

test('a cluster is spoken to with user, password and TLS, the certificate’s name kept', () => {
  const { redisOptions } = toClusterOptions(new URL('rediss://worker:s%40cret@queue.example:7000'))
  expect(redisOptions).toEqual({
    maxRetriesPerRequest: null,
    username: 'worker',
    password: 's@cret',
    tls: { servername: 'queue.example' },
  })
})

test('rediss:// is TLS on a single server too', () => {
  const client = connectRedis('rediss://:secret@127.0.0.1:1')
  client.on('error', () => {})
  expect(client.options).toMatchObject({ tls: expect.anything(), password: 'secret' })
  client.disconnect()
})

test.each(['http://hunter2@queue', 'hunter2', '', ['redis://a', 'hunter2'], []])(
  '%j is refused, not repeated',
  (url) => {
    const error = (() => {
      try {
        return connectRedis(url)
      } catch (cause) {
        return cause
      }
    })()
    expect(Key0Error.is(error, 'CONFIG_INVALID')).toBe(true)
    expect(`${error}`).not.toContain('hunter2')
  },
)
