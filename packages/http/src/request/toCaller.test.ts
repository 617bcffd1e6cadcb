import { expect, test } from 'vitest'
import { toCaller } from './toCaller.ts'

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
  ['evil]@x', 'evil]@x'],
  ['1:2', '1:2'],
  ['', undefined],
  [' ', undefined],
])('%s is the caller %s', (address, caller) => expect(toCaller(address)).toBe(caller))

test.each([
  ['203.0.113.9:51234', '203.0.113.9'],
  ['[::ffff:203.0.113.9]:51234', '203.0.113.9'],
  ['[2001:db8:0:1::7]:443', '2001:db8:0:1::/64'],
  ['[2001:db8:0:1::7]', '2001:db8:0:1::/64'],
  ['[fe80::1%eth0]:80', 'fe80:0:0:0::/64'],
])('whoever connects anew is the same caller: %s is %s', (address, caller) =>
  expect(toCaller(address)).toBe(caller),
)

test('whatever a header says, no caller is longer than 64 characters', () => {
  for (const long of ['x'.repeat(10_000), `${'1'.repeat(5_000)}.2.3.4`, ':'.repeat(9_000)])
    expect(toCaller(long)?.length).toBe(64)
})
