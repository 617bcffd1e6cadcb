import { readTarget, type Target } from './requestTarget.ts'

/** One place of a pattern: a text, any one segment, or one and all that follow. */
type Place = { readonly text: string; readonly folded: string } | 'any' | 'rest'

/** A route's path, read. */
export type Pattern = {
  readonly places: readonly Place[]
  readonly hasSlashAtEnd: boolean
}

const NAME = /^:[A-Za-z][A-Za-z0-9_]{0,63}$/

/** Reads a path such as `/photos/:id` or `/files/*`; `undefined` when it is none. */
export function readPattern(path: string): Pattern | undefined {
  const target = readTarget(path)
  if (target?.query !== '' || path.includes('?')) return undefined
  const { segments, folded, hasSlashAtEnd } = target
  const places = segments.map((text, at): Place | undefined => {
    if (text === '*') return at === segments.length - 1 && !hasSlashAtEnd ? 'rest' : undefined
    if (NAME.test(text)) return 'any'
    // A star or colon elsewhere is a pattern of another language, and would be sold as a text.
    return /[:*]/.test(text) ? undefined : { text, folded: folded[at] ?? '' }
  })
  const names = segments.filter((segment) => NAME.test(segment))
  if (places.includes(undefined) || new Set(names).size < names.length) return undefined
  return { places: places as readonly Place[], hasSlashAtEnd }
}

/**
 * How a target is read: as it came, as a lenient server folds it, or as one that takes what follows
 * a dot at its end for a format (Rails' `(.:format)`, Spring's suffix patterns).
 */
export type Reading = 'exactly' | 'leniently' | 'with a format'

/** Whether what a reading makes of a target is one of a pattern. */
export function matches(
  pattern: Pattern,
  target: Pick<Target, 'segments' | 'folded' | 'hasSlashAtEnd'>,
  how: Reading,
): boolean {
  const { places } = pattern
  const exactly = how === 'exactly'
  const segments = exactly ? target.segments : target.folded
  if (exactly && pattern.hasSlashAtEnd !== target.hasSlashAtEnd) return false
  const fits = segments.every((segment, at) => {
    const place = places[Math.min(at, places.length - 1)]
    if (place === 'rest') return true
    if (at >= places.length || place === undefined) return false
    if (place === 'any' || (exactly ? place.text : place.folded) === segment) return true
    const hasFormat = how === 'with a format' && at === segments.length - 1
    return hasFormat && segment.startsWith(`${place.folded}.`)
  })
  return fits && segments.length >= places.length
}

/** Whether two patterns have a target in common, to a lenient server. */
export function overlap(a: Pattern, b: Pattern): boolean {
  const length = Math.max(a.places.length, b.places.length)
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [a.places[at], b.places[at]]
    if (one === undefined || other === undefined) return false
    if (one === 'rest' || other === 'rest') return true
    if (one !== 'any' && other !== 'any' && one.folded !== other.folded) return false
  }
  return true
}

/** Whether every target of `inner` is one of `outer`. */
export function covers(outer: Pattern, inner: Pattern): boolean {
  for (let at = 0; at < Math.max(outer.places.length, inner.places.length); at += 1) {
    const [wide, narrow] = [outer.places[at], inner.places[at]]
    if (wide === undefined || narrow === undefined) return false
    if (wide === 'rest') return true
    if (narrow === 'rest' || (narrow === 'any' && wide !== 'any')) return false
    if (wide !== 'any' && narrow !== 'any' && wide.folded !== narrow.folded) return false
  }
  return true
}
