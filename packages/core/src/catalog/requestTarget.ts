/** A request's target in its one canonical spelling, in its parts. */
export type Target = {
  /** As it came, without the query. */
  readonly path: string
  /** What follows the first question mark, as it came; `""` for none. */
  readonly query: string
  /** What stands between the slashes, as it came. */
  readonly segments: readonly string[]
  /** The same as the most lenient server might read them: see `foldSegment`. */
  readonly folded: readonly string[]
  readonly hasSlashAtEnd: boolean
}

const PLAIN = /^[a-z0-9_-]+$/
const LONGEST = 4_096
// RFC 3986 section 3.3, with hexadecimal digits in capitals (section 6.2.2.1) and no empty segment.
const PATH = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})+)+\/?$|^\/$/
const QUERY = /^[\x21\x24-\x3b\x3d\x3f-\x7e]*$/
// Section 6.2.2.2: what needs no encoding has none.
const NEEDLESS = /%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/

/**
 * Reads a request's target (RFC 9112 section 3.2.1), byte for byte as it stood in the request.
 * `undefined` unless it is in origin form and in the one spelling of its path: what has two
 * spellings has a price in one of them and may be read in the other.
 */
export function readTarget(target: string): Target | undefined {
  if (target.length > LONGEST) return undefined
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (!PATH.test(path) || NEEDLESS.test(path) || !QUERY.test(query)) return undefined
  const hasSlashAtEnd = path.length > 1 && path.endsWith('/')
  const segments = path.slice(1, hasSlashAtEnd ? -1 : undefined).split('/')
  const folded = segments.map(foldSegment)
  if (path === '/') return { path, query, segments: [], folded: [], hasSlashAtEnd }
  if (folded.includes(undefined)) return undefined
  return { path, query, segments, folded: folded as readonly string[], hasSlashAtEnd }
}

/**
 * A segment as the most lenient of servers might read it: decoded, compatible characters made one,
 * regardless of case, without the parameters that follow a semicolon. `undefined` when even one
 * server might see a slash, a dot segment, a second layer of encoding or a control character.
 */
function foldSegment(segment: string): string | undefined {
  // What nearly all of them are made of, and what nobody reads in another way.
  if (PLAIN.test(segment)) return segment
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    return undefined
  }
  const plain = decoded.normalize('NFKC')
  if (/[/\\\p{Cc}\p{Zl}\p{Zp}]|%[0-9a-f]{2}|[.\s]$/iu.test(plain)) return undefined
  const folded = plain.toLowerCase().replace(/;.*$/su, '')
  return folded === '' || /[.\s]$/u.test(folded) ? undefined : folded
}

/**
 * The segments of a path as servers might see them that take whatever comes: `foldSegment` without
 * its refusals. Two readings, because what a dot segment takes back differs: the WHATWG's URL
 * standard takes back an empty segment like any other, and others merge slashes first. For telling
 * what a path might mean, never for answering it.
 */
export function foldPath(path: string): readonly (readonly string[])[] {
  const merged: string[] = []
  const unmerged: string[] = []
  for (const segment of path.normalize('NFKC').toLowerCase().split(/[/\\]/)) {
    const plain = segment.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '').replace(/;.*$/su, '')
    if (plain === '.') continue
    if (plain === '..') {
      merged.pop()
      unmerged.pop()
      continue
    }
    const folded = plain.replace(/[.\s]+$/u, '')
    unmerged.push(folded)
    if (folded !== '') merged.push(folded)
  }
  return [merged, unmerged.filter((segment) => segment !== '')]
}
