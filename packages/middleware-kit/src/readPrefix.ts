import { Key0Error } from '@key0/core'

/**
 * Reads the path under which Key0's own paths lie.
 *
 * @returns what of a target is left under it, and `undefined` for one that is elsewhere
 * @throws CONFIG_INVALID for one that does not begin with a slash
 */
export function readPrefix(prefix = ''): (target: string) => string | undefined {
  if (prefix !== '' && !/^\/[^?#\s]*$/.test(prefix)) {
    const facts = { prefix: 'must be a path that begins with a slash, such as "/pay"' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  const base = prefix.replace(/\/+$/, '')
  return (target) => {
    if (!target.startsWith(base)) return undefined
    const rest = target.slice(base.length)
    if (base === '' || rest.startsWith('/')) return rest
    return rest === '' || rest.startsWith('?') ? `/${rest}` : undefined
  }
}

/** The same for a whole address: it without that path, or `undefined` for one that is elsewhere. */
export function unmountUrl(url: string, under: ReturnType<typeof readPrefix>): string | undefined {
  const { origin, pathname, search } = new URL(url)
  const rest = under(pathname)
  if (rest === pathname) return url
  return rest === undefined ? undefined : `${origin}${rest}${search}`
}
