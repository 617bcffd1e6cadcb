import { LawBroken } from '../store/assert.ts'
import type { Expected, Match } from './Exchange.ts'
import { decode, type Kept, parse, recall } from './kept.ts'
import type { Answer } from './sendRequest.ts'

/** Compares an answer with what it must be. @throws LawBroken with what was expected and seen. */
export function judge(answer: Answer, expected: Expected, kept: Kept): void {
  const seen = `${answer.status} ${answer.text.slice(0, 300)}`
  const check = (what: string, value: unknown, match: Match): void => {
    const problem = differs(value, match, what, kept)
    if (problem !== undefined) throw new LawBroken(`${problem}; the answer was ${seen}`)
  }
  check('the status', answer.status, expected.status)
  for (const [name, match] of Object.entries(expected.headers ?? {}))
    check(`the header ${name}`, answer.headers[name], match)
  for (const [name, match] of Object.entries(expected.decoded ?? {})) {
    const header = answer.headers[name]
    check(`the message in ${name}`, header && decode(header), match)
  }
  if (expected.base64 !== undefined)
    check('the bytes', answer.bytes.toString('base64'), expected.base64)
  if (expected.text !== undefined) check('the body', answer.text, expected.text)
  if (expected.body !== undefined) check('the body', parse(answer.text), expected.body)
  judgeAlways(answer)
}

/** What holds for every answer, whatever was asked. */
function judgeAlways({ status, headers }: Answer): void {
  const offer = headers['payment-required']
  if ((status === 402) !== (offer !== undefined))
    throw new LawBroken(`a 402 and an offer come together: saw ${status}, offer ${offer ?? 'none'}`)
  if (headers['set-cookie'] !== undefined) throw new LawBroken('an answer sets a cookie')
}

function differs(value: unknown, match: Match, what: string, kept: Kept): string | undefined {
  const filled = typeof match === 'string' ? fillText(match, kept) : match
  const wrong = (): string => `${what}: expected ${JSON.stringify(filled)}, saw ${show(value)}`
  if (typeof filled !== 'object' || filled === null) return value === filled ? undefined : wrong()
  if (Array.isArray(filled)) return differsInList(value, filled, what, kept) ?? undefined
  const special = byRule(value, filled as Readonly<Record<string, Match>>, kept)
  if (special !== undefined) return special ? undefined : wrong()
  if (typeof value !== 'object' || value === null) return wrong()
  return first(
    Object.entries(filled).map(([name, each]) =>
      differs((value as Record<string, unknown>)[name], each, `${what}, ${name}`, kept),
    ),
  )
}

function differsInList(
  value: unknown,
  match: readonly Match[],
  what: string,
  kept: Kept,
): string | undefined {
  if (!Array.isArray(value) || value.length !== match.length)
    return `${what}: expected ${match.length} items, saw ${show(value)}`
  return first(match.map((each, at) => differs(value[at], each, `${what}[${at}]`, kept)))
}

const first = (problems: readonly (string | undefined)[]): string | undefined =>
  problems.find((problem) => problem !== undefined)

/** Whether a rule such as `{ $has }` holds; `undefined` when it is no rule. */
function byRule(
  value: unknown,
  match: Readonly<Record<string, Match>>,
  kept: Kept,
): boolean | undefined {
  const [[rule, rest] = ['', null], ...more] = Object.entries(match)
  if (more.length > 0 || !rule.startsWith('$')) return undefined
  const text = typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  const wanted = fillText(`${rest}`, kept)
  switch (rule) {
    case '$has':
      return text.includes(wanted)
    case '$lacks':
      return !text.includes(wanted)
    case '$like':
      return new RegExp(`${rest}`).test(text)
    case '$is':
      return (value === undefined) === (rest === 'absent')
    default:
      throw new Error(`There is no rule ${rule}.`)
  }
}

function fillText(text: string, kept: Kept): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = recall(name, kept)
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300)
}
