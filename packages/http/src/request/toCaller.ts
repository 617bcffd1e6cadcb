const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/

// Whatever a proxy writes there, such as a name for a customer: no longer key is kept of anybody.
const MAX_NAME = 64

/**
 * Whoever asks from an address, as one caller: an IPv4 address, or the /64 network of an IPv6 one,
 * which is the least that a provider gives to one customer; without the port that some proxies
 * write behind it. What is no address names its caller itself. `undefined` for nothing.
 */
export function toCaller(address: string): string | undefined {
  if (ipv4.test(address)) return address
  const text = address.trim().toLowerCase()
  const host = text.replace(/^\[([^\]]*)\](?::\d{1,5})?$/, '$1').replace(/%.*$/, '')
  const v4 = host.replace(/^::ffff:(?=\d+\.)/, '').replace(/(?<=\.\d+):\d{1,5}$/, '')
  if (ipv4.test(v4)) return v4
  if (host.includes(':') && URL.canParse(`http://[${host}]`)) return toNetwork(host)
  return text.slice(0, MAX_NAME) || undefined
}

/** The first four groups of an IPv6 address, each as short as it can be written. */
function toNetwork(address: string): string {
  const [head = '', tail] = address.split('::')
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
