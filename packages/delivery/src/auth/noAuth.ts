import type { AuthHeaderProvider } from './AuthHeaderProvider.ts'

/**
 * No header at all: for local development and networks nobody else can reach. Never in
 * production: whoever reaches the backend's endpoint could have credentials issued for nothing.
 */
export const noAuth = (): AuthHeaderProvider => () => ({})
