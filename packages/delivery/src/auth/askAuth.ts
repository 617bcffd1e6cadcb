import type { AuthHeaderProvider } from './AuthHeaderProvider.ts'
import { areAuthHeaders } from './authHeaders.ts'

/** The headers of a provider, or `undefined` when it threw or gave what is no header. */
export async function askAuth(
  auth: AuthHeaderProvider,
): Promise<Record<string, string> | undefined> {
  try {
    const headers: unknown = await auth()
    return areAuthHeaders(headers) ? headers : undefined
  } catch {
    return undefined
  }
}
