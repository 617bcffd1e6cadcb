import type { Reader as AnyReader } from '@key0/app-kit'
import { isPublicHost, isWebhookSecret, webhookSecretText } from '@key0/delivery'
import type { Setting } from './env.ts'
import type { GatewayConfig, NotificationConfig } from './GatewayConfig.ts'

type Reader = AnyReader<Setting>

/** Who is told of events, signed and durably; absent: nobody is. */
export function readNotifications(
  read: Reader,
  network: GatewayConfig['network'],
): NotificationConfig | undefined {
  const secrets = readSecrets(read)
  const isPrivate = read.flag('webhookPrivate') ?? false
  if (isPrivate && network === 'mainnet')
    read.fault('webhookPrivate', 'must not be true on mainnet: webhooks are public addresses')
  const urls = readUrls(read, network, isPrivate)
  if (urls.length > 0 && !read.has('webhookSecret'))
    read.fault('webhookSecret', `must be set with KEY0_WEBHOOK_URLS: ${webhookSecretText}`)
  if (secrets.length === 0) return undefined
  return { secrets, urls, networks: isPrivate ? 'any' : 'public' }
}

function readSecrets(read: Reader): readonly string[] {
  const parts = read.text('webhookSecret', '').split(',')
  const secrets = parts.map((part) => part.trim()).filter((part) => part !== '')
  // The value is never repeated.
  if (secrets.length > 0 && !isWebhookSecret(secrets))
    read.fault('webhookSecret', `must be ${webhookSecretText}`)
  return secrets
}

function readUrls(
  read: Reader,
  network: GatewayConfig['network'],
  isPrivate: boolean,
): readonly string[] {
  // A query may hold a token, so mistakes name a place in the list and no address.
  const urls = read.urls('webhookUrls').map((text) => new URL(text))
  const faultAt = (index: number, text: string): void =>
    read.fault('webhookUrls', `${text} (number ${index + 1} in the list)`)
  for (const [index, url] of urls.entries()) {
    if (url.username || url.password || url.hash)
      faultAt(index, 'must be addresses without user name, password or fragment')
    if (network === 'mainnet' && url.protocol !== 'https:')
      faultAt(index, 'must be https on mainnet')
    if (!isPrivate && !isPublicHost(url.hostname))
      faultAt(
        index,
        'must be public addresses; on testnet, KEY0_WEBHOOK_PRIVATE=true lets them be yours',
      )
    if (urls.findIndex((other) => other.href === url.href) !== index)
      faultAt(index, 'must name every address once')
  }
  return urls.map(({ href }) => href)
}
