import type { Question } from '@key0/app-kit'
import { malformed, readBody } from '@key0/checkout'

const MAX_BODY_BYTES = 4_096
const MOST = 1_000
/** Who decided, for the trail, when the request names nobody. */
const NOBODY = 'admin API'

/**
 * Reads what a request asks: from its path, and from its query or its body.
 *
 * @throws REQUEST_MALFORMED for a word that nobody asked for, or that is there twice
 */
export async function readQuestion(
  request: Request,
  { words, inPath }: { words: readonly string[]; inPath: Readonly<Record<string, string>> },
): Promise<Question> {
  const isPost = request.method === 'POST'
  const query = [...new URL(request.url).searchParams]
  const given: readonly (readonly [string, unknown])[] = isPost
    ? Object.entries(await readBody(request, MAX_BODY_BYTES))
    : query
  if (isPost && query.length > 0) throw malformed('query', 'none: a POST is told in its body')
  const read = new Map(Object.entries(inPath))
  for (const [name, value] of given) {
    if (!words.includes(name)) throw malformed('$', `only ${words.join(', ') || 'nothing'}`)
    if (read.has(name)) throw malformed(name, 'to be there once')
    read.set(name, toText(name, value))
  }
  return {
    read: (name) => read.get(name),
    fault: malformed,
    order() {
      const reason = read.get('reason')
      if (reason === undefined) throw malformed('reason', 'why, in one line')
      return { actor: read.get('actor') ?? NOBODY, reason }
    },
    most: MOST,
  }
}

function toText(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return `${value}`
  throw malformed(name, 'a text or a number')
}
