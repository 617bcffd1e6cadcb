/** Encodes text as UTF-8 in standard padded base64, the one spelling every x402 client reads. */
export function encodeBase64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
