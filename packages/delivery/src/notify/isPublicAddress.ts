import { BlockList, isIP } from 'node:net'

/**
 * IPv4 that is not everybody's: the special-purpose registry of RFC 6890 as IANA keeps it, and
 * multicast (RFC 5771). In it are this host, private networks, and the metadata of clouds.
 */
const special4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** IPv6 that carries an IPv4 address at its end: mapped (RFC 4291), and NAT64 (RFC 6052). */
const carrying4 = ['::ffff:', '64:ff9b::'] as const

/** The rest of global unicast (RFC 4291) that is special: Teredo and the like, examples, 6to4. */
const special6: readonly (readonly [net: string, bits: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const everybodys = new BlockList()
const nobodys = new BlockList()
everybodys.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of special6) nobodys.addSubnet(net, bits, 'ipv6')
for (const [net, bits] of special4) nobodys.addSubnet(net, bits, 'ipv4')
for (const prefix of carrying4) {
  everybodys.addSubnet(`${prefix}0.0.0.0`, 96, 'ipv6')
  for (const [net, bits] of special4) nobodys.addSubnet(`${prefix}${net}`, 96 + bits, 'ipv6')
}

/** Whether an IP address is one of the public internet, so that no request to it stays inside. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  // A zone names an interface of this machine.
  if (family === 0 || address.includes('%')) return false
  if (family === 4) return !nobodys.check(address, 'ipv4')
  return everybodys.check(address, 'ipv6') && !nobodys.check(address, 'ipv6')
}

/**
 * Whether a URL's host may be public: an address that is, or a name that is not this machine's own.
 * What a name resolves to is seen at every connection.
 */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) > 0) return isPublicAddress(host)
  return !/(?:^|\.)localhost\.?$/i.test(host)
}
