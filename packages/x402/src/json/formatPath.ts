const plainKey = /^[A-Za-z_$][\w$-]{0,63}$/

/**
 * Writes keys and indexes as a JSON path (RFC 9535 notation), such as `$.accepts[0]["pay to"]`.
 *
 * Keys are chosen by the sender and paths end up in logs, headers and terminals. So long keys are
 * cut after 64 characters and everything but printable ASCII is escaped.
 */
export function formatPath(segments: readonly PropertyKey[]): string {
  return `$${segments.map(formatSegment).join('')}`
}

function formatSegment(segment: PropertyKey): string {
  if (typeof segment === 'number') return `[${segment}]`
  const key = String(segment)
  if (plainKey.test(key)) return `.${key}`
  const quoted = JSON.stringify(key.length > 64 ? `${key.slice(0, 64)}...` : key)
  return `[${quoted.replace(/[^\x20-\x7e]/g, escapeUnit)}]`
}

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
