import { x402ResourceServer } from '@x402/core/server'
import { expect, test } from 'vitest'
import { readVectors } from '../../test/vectors.ts'
import type { PaymentRequirements } from './PaymentRequirements.ts'
import { requirementsMatch } from './requirementsMatch.ts'

type Case = {
  readonly name: string
  readonly offered: PaymentRequirements
  readonly accepted: PaymentRequirements
  readonly differs: readonly string[]
}

const { cases } = readVectors<{ cases: readonly Case[] }>('requirements-match')

test.each(cases)('$name', ({ offered, accepted, differs }) => {
  expect(requirementsMatch(offered, accepted)).toEqual(differs)
})

/** The one place where we are kinder on purpose: the reference compares addresses with case. */
const kinder = ['addresses in lower case']

test.each(cases)(
  'the reference server agrees on: $name',
  ({ name, offered, accepted, differs }) => {
    const found = new x402ResourceServer().findMatchingRequirements([offered] as never, {
      x402Version: 2,
      accepted: accepted as never,
      payload: {},
    })
    expect(found !== undefined).toBe(differs.length === 0 && !kinder.includes(name))
  },
)
