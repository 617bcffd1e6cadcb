/** Under it are the operator's own paths, and nothing that a buyer ever asks for. */
export const adminPath = '/admin'

/** Whether a path is the operator's. */
export function isAdminPath(path: string): boolean {
  return path === adminPath || path.startsWith(`${adminPath}/`)
}
