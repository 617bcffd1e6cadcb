import { expect, test } from 'vitest'
import * as exports from './http.ts'

test('the public names of @key0/conformance/http', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "answerFile",
      "createHttpWorld",
      "exchanges",
      "httpConformance",
      "listen",
      "runExchange",
    ]
  `)
})
