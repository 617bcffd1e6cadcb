import { describe, expect, test } from 'vitest'
import { captureWireError } from './captureWireError.ts'
import { readVectors } from './vectors.ts'

/** A header, or a string to be repeated where writing it out would only hide it. */
type HeaderVector = string | { readonly repeat: string; readonly times: number }

type HeaderVectors = {
  readonly valid: readonly {
    readonly name: string
    readonly text: string
    readonly header: string
    readonly message: unknown
  }[]
  readonly invalid: readonly {
    readonly name: string
    readonly text?: string
    readonly header: HeaderVector
    readonly code: string
    readonly path: string
  }[]
}

const headerOf = (vector: HeaderVector): string =>
  typeof vector === 'string' ? vector : vector.repeat.repeat(vector.times)

/** Holds each decoder against the vectors of its header, by the name of their file. */
export function testHeaderVectors(
  decoders: Readonly<Record<string, (header: string) => unknown>>,
): void {
  describe.each(Object.entries(decoders))('vectors/%s.json', (file, decode) => {
    const { valid, invalid } = readVectors<HeaderVectors>(file)

    test.each(valid)('reads $name', ({ header, message }) => {
      expect(decode(header)).toStrictEqual(message)
    })

    test.each(invalid)('refuses $name as $code', ({ header, code, path }) => {
      const error = captureWireError(() => decode(headerOf(header)))
      expect([error.code, error.path]).toEqual([code, path])
    })

    test('the header of each vector is the base64 of its text', () => {
      for (const { text, header } of [...valid, ...invalid]) {
        if (text === undefined) continue
        expect(Buffer.from(headerOf(header), 'base64').toString('utf8')).toBe(text)
      }
    })
  })
}
