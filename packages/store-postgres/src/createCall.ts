import { Key0Error } from '@key0/core'
import { type Sql, toTemplate } from './Sql.ts'
import { toUnavailable } from './toUnavailable.ts'

/** Runs one function of the database and reads its answer, which is JSON. */
export type Call = <answer>(
  operation: string,
  ...values: readonly (string | null)[]
) => Promise<answer>

/**
 * One statement, and with it one round trip, for every operation.
 *
 * @param ready what must have happened before the first of them; asked again after it failed
 */
export function createCall(sql: Sql, tablePrefix: string, ready: () => Promise<void>): Call {
  const templates = new Map<string, TemplateStringsArray>()
  const templateOf = (operation: string, count: number): TemplateStringsArray => {
    const known = templates.get(operation)
    if (known) return known
    const between = Array.from({ length: Math.max(0, count - 1) }, () => ', ')
    const name = `select ${tablePrefix}${operation}(`
    const parts = count === 0 ? [`${name}) as answer`] : [name, ...between, ') as answer']
    const template = toTemplate(parts)
    templates.set(operation, template)
    return template
  }
  return async <answer>(operation: string, ...values: readonly (string | null)[]) => {
    await ready()
    const rows = await send(sql, operation, templateOf(operation, values.length), values)
    const { answer } = (rows[0] ?? {}) as { readonly answer?: string | null }
    if (answer === undefined) throw notOurs(operation)
    return (answer === null ? undefined : JSON.parse(answer)) as answer
  }
}

async function send(
  sql: Sql,
  operation: string,
  template: TemplateStringsArray,
  values: readonly (string | null)[],
): Promise<readonly object[]> {
  try {
    return await sql(template, ...values)
  } catch (error) {
    throw toUnavailable(operation, error)
  }
}

function notOurs(operation: string): Key0Error {
  const expected = 'a driver that resolves with rows and keeps the column name "answer"'
  return new Key0Error('CONFIG_INVALID', { facts: { field: 'sql', operation, expected } })
}
