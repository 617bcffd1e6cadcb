import { matches } from './Pattern.ts'
import type { ReadRoute } from './readRoutes.ts'
import { foldPath, readTarget } from './requestTarget.ts'

/** More layers than anybody writes who means well. */
const MOST_LAYERS = 4

/**
 * Whether some server might take a path for one of the routes', by whatever method: as it stands,
 * or with any of its layers of encoding undone, its backslashes turned and its dots resolved. What
 * is none of that is somebody else's, however it is spelt.
 */
export function concernsRoute(routes: readonly ReadRoute[], path: string): boolean {
  const isOurs = (folded: readonly string[]): boolean =>
    routes.some(({ pattern }) =>
      matches(pattern, { folded, segments: folded, hasSlashAtEnd: false }, 'leniently'),
    )
  const read = readTarget(path)
  if (read) return isOurs(read.folded)
  let text = path
  for (let layer = 0; layer <= MOST_LAYERS; layer += 1) {
    if (foldPath(text).some(isOurs)) return true
    const decoded = decode(text)
    if (decoded === text) return false
    text = decoded
  }
  return true
}

/** Undoes one layer; what is no UTF-8 is read byte by byte. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch {
      return encoded.replace(/%(..)/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
    }
  })
}
