import { expect, test } from 'vitest'
import { type Answer, startBackend } from '../test/backend.ts'
import { watchHealth } from './watchHealth.ts'

const status =
  (code: number): Answer =>
  (response) =>
    response.writeHead(code).end('whatever')

test('three failures in a row and it is down; one success and it is well again', async () => {
  await using backend = await startBackend(
    ...[200, 500, 503, 200, 500, 404, 302, 500, 200].map(status),
  )
  const changes: boolean[] = []
  const back = new Promise<void>((resolve) => {
    const watch = watchHealth({
      url: backend.url,
      intervalMs: 1,
      onChange: (isWell) => {
        changes.push(isWell)
        expect(watch.isWell()).toBe(isWell)
        if (isWell) {
          watch.stop()
          resolve()
        }
      },
    })
    expect(watch.isWell()).toBe(true)
  })
  await back
  expect(changes).toEqual([false, true])
  expect(backend.seen).toHaveLength(9)
  expect(backend.seen[0]?.method).toBe('GET')
})

test('a service that hangs is down, and the watch ends when told', async () => {
  await using backend = await startBackend(() => undefined)
  const down = new Promise<boolean>((resolve) => {
    const options = { url: backend.url, intervalMs: 1, timeoutMs: 20, failures: 2 }
    const watch = watchHealth({
      ...options,
      onChange: (isWell) => {
        watch.stop()
        resolve(isWell)
      },
    })
  })
  expect(await down).toBe(false)
  expect(backend.seen).toHaveLength(2)
})

test.each([
  ['url', { url: 'backend' }],
  ['intervalMs', { intervalMs: 0 }],
  ['timeoutMs', { timeoutMs: 1.5 }],
  ['failures', { failures: 0 }],
])('a wrong %s is refused when it is configured', (field, wrong) => {
  expect(() => watchHealth({ url: 'https://shop.example/health', ...wrong })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', facts: { [field]: expect.any(String) } }),
  )
})
