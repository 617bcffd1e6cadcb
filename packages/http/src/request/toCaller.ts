/**
 * Whoever asks from an address, as one caller: an IPv4 address, or the /64 network of an IPv6 one,
 * which is the least that a provider gives to one customer. `undefined` for what is no address.
 */
export function toCaller(address: string | undefined): string | undefined {
  const text = address?.trim().replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text
  if (!text.includes(':') || !URL.canParse(`http://[${text.replace(/%.*$/, '')}]`)) return undefined
  const [head = '', tail] = text.toLowerCase().replace(/%.*$/, '').split('::')
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [
    string[],
    string[],
  ]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
