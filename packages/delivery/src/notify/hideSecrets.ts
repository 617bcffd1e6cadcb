const HIDDEN = '[redacted]'
/** Less than so much of a secret at the end of a text tells nothing. */
const TELLING_LENGTH = 8

/**
 * A text without secrets, as they are and as JSON spells them once or twice, and without the first
 * part of one at its end, where a text that was cut may hold most of it.
 */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spelled = [...new Set(secrets.flatMap(spell))].filter((secret) => secret !== '')
  if (spelled.length === 0) return text
  // The longest first: a shorter one may be part of it.
  const ordered = spelled.toSorted((a, b) => b.length - a.length)
  const pattern = ordered.map((secret) => secret.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`))
  return ordered.reduce(cutEnd, text.replaceAll(new RegExp(pattern.join('|'), 'g'), HIDDEN))
}

function spell(secret: string): readonly string[] {
  const once = JSON.stringify(secret).slice(1, -1)
  return [secret, once, JSON.stringify(once).slice(1, -1)]
}

function cutEnd(text: string, secret: string): string {
  const longest = Math.min(secret.length - 1, text.length)
  for (let length = longest; length >= TELLING_LENGTH; length -= 1)
    if (text.endsWith(secret.slice(0, length))) return `${text.slice(0, -length)}${HIDDEN}`
  return text
}
