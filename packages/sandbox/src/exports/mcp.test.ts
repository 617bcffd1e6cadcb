import { expect, test } from 'vitest'
import * as exports from './mcp.ts'

test('the public names of @key0/sandbox/mcp', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createMcpAgent",
    ]
  `)
})
