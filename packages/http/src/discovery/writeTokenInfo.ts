import type { TokenInfo } from './Discovery.ts'

/** `/.well-known/token-info`: what a backend has to know about the tokens that buyers bring. */
export function writeTokenInfo(info: TokenInfo): string {
  const { mode, format, tokenType, ...more } = info
  const header = { name: 'Authorization', value: `${tokenType} <token>` }
  return JSON.stringify({ mode, format, tokenType, header, ...more })
}
