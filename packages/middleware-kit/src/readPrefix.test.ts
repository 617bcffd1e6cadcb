import { expect, test } from 'vitest'
import { readPrefix } from './readPrefix.ts'

test.each([
  ['', '/discover', '/discover'],
  ['', 'http://pay.example/discover', 'http://pay.example/discover'],
  ['/', '/discover', '/discover'],
  ['/pay', '/pay/discover?x=1', '/discover?x=1'],
  ['/pay/', '/pay/discover', '/discover'],
  ['/pay', '/pay', '/'],
  ['/pay', '/pay?x=1', '/?x=1'],
  ['/pay', '/payments', undefined],
  ['/pay', '/discover', undefined],
  ['/pay', '/other/pay/discover', undefined],
])('under %j the target %s is %s', (prefix, target, rest) => {
  expect(readPrefix(prefix)(target)).toBe(rest)
})

test.each(['pay', 'https://pay.example/pay', '/pay?x', '/p ay'])('%j is no path', (prefix) => {
  expect(() => readPrefix(prefix)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
