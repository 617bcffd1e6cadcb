import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { captureWireError } from '../../test/captureWireError.ts'
import { readVectors } from '../../test/vectors.ts'
import { MAX_JSON_DEPTH, parseJson } from './parseJson.ts'

type Vectors = {
  readonly valid: readonly { name: string; text: string; value: unknown }[]
  readonly invalid: readonly {
    readonly name: string
    readonly text?: string
    readonly hex?: string
    readonly code: string
    readonly path: string
  }[]
}

describe('vectors/json.json', () => {
  const { valid, invalid } = readVectors<Vectors>('json')

  test.each(valid)('reads $name', ({ text, value }) => {
    expect(parseJson(text)).toStrictEqual(value)
    expect(parseJson(new TextEncoder().encode(text))).toStrictEqual(value)
  })

  test.each(invalid)('refuses $name as $code', ({ text, hex, code, path }) => {
    const error = captureWireError(() => parseJson(text ?? Buffer.from(hex ?? '', 'hex')))
    expect([error.code, error.path]).toEqual([code, path])
  })
})

test('whatever JSON.parse reads we read to the same value, and nothing more', () => {
  const limits = { maxDepth: 1_000 }
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.json().map((text) => text.slice(1)),
      ),
      (text) => {
        let ours: unknown
        try {
          ours = parseJson(text, limits)
        } catch (error) {
          const { code } = captureWireError(() => {
            throw error
          })
          // These are our own refusals of texts that the platform takes.
          if (code === 'JSON_FORBIDDEN_KEY' || code === 'JSON_DUPLICATE_KEY') return
          if (/\\u[dD][89a-fA-F]|[\ud800-\udfff]|\de\+?\d{3}/.test(text)) return
          expect(() => JSON.parse(text)).toThrow()
          return
        }
        expect(ours).toStrictEqual(JSON.parse(text))
      },
    ),
    { numRuns: 3_000, seed: 402 },
  )
})

test('the depth limit counts containers and can be moved', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(() => parseJson(nested(MAX_JSON_DEPTH))).not.toThrow()
  expect(captureWireError(() => parseJson(nested(MAX_JSON_DEPTH + 1))).code).toBe('JSON_TOO_DEEP')
  expect(captureWireError(() => parseJson('{"a":{}}', { maxDepth: 1 })).path).toBe('$.a')
  expect(captureWireError(() => parseJson('['.repeat(500_000))).code).toBe('JSON_TOO_DEEP')
})

test('the size limit counts bytes of UTF-8, not characters', () => {
  expect(parseJson('"éé"', { maxBytes: 6 })).toBe('éé')
  expect(captureWireError(() => parseJson('"éé"', { maxBytes: 5 })).code).toBe('JSON_TOO_LARGE')
  const bytes = new TextEncoder().encode('"éé"')
  expect(captureWireError(() => parseJson(bytes, { maxBytes: 5 })).code).toBe('JSON_TOO_LARGE')
})

test('a megabyte of one string, one list or many keys takes linear time', () => {
  const texts = [
    `"${'a'.repeat(1_000_000)}"`,
    `"${'\\n'.repeat(500_000)}"`,
    `[${'0,'.repeat(400_000)}0]`,
    `{${Array.from({ length: 80_000 }, (_, at) => `"k${at}":0`).join(',')}}`,
    ' '.repeat(1_000_000),
  ]
  const startedAtMs = performance.now()
  for (const text of texts.slice(0, 4)) expect(parseJson(text)).toEqual(JSON.parse(text))
  expect(captureWireError(() => parseJson(texts[4]!)).code).toBe('JSON_INVALID')
  expect(performance.now() - startedAtMs).toBeLessThan(10_000)
})
