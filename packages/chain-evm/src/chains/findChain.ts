import { Key0Error } from '@key0/core'
import type { ChainRow, TokenRow } from './ChainRow.ts'
import { chains } from './chains.ts'

/**
 * Finds a row by its name, CAIP-2 name or chain id.
 *
 * @throws CONFIG_INVALID naming the known ones.
 */
export function findChain(network: string | number): ChainRow {
  const wanted = String(network)
  const row = chains.find((it) => [it.name, it.caip2, String(it.id)].includes(wanted))
  if (row) return row
  const expected = chains.map((it) => `${it.name} (${it.caip2})`).join(', ')
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'network', expected, found: wanted } })
}

/**
 * Picks a token of a row by symbol or address; by default the first.
 *
 * @throws CONFIG_INVALID naming the known ones.
 */
export function findToken(row: ChainRow, token?: string): TokenRow {
  if (token === undefined) return row.tokens[0]
  const wanted = token.toLowerCase()
  const found = row.tokens.find((it) =>
    [it.symbol.toLowerCase(), it.address.toLowerCase()].includes(wanted),
  )
  if (found) return found
  const expected = row.tokens.map((it) => `${it.symbol} (${it.address})`).join(', ')
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'token', expected, found: token } })
}
