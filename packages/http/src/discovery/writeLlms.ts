import { escapeMarkdown } from './escapeMarkdown.ts'
import type { Shop } from './Shop.ts'

/**
 * `/llms.txt` as llmstxt.org lays it out: a title, a quoted summary, text and lists without
 * headings, and then sections that hold nothing but links.
 */
export function writeLlms(shop: Shop): string {
  const { seller, accessUrl, proofUrl, surfaces, urlOf } = shop
  const summary = seller.description ?? 'An API that agents pay for by the request.'
  const links = [
    link('Everything here as JSON', urlOf('discover')),
    link('OpenAPI 3.1', urlOf('openapi'), 'with `x-payment-info` where something is paid for'),
    link('Instructions for an agent', urlOf('skills')),
    link('x402 resources', urlOf('wellKnown')),
    link('Format of the access tokens', urlOf('tokenInfo'), 'for the backend that checks them'),
  ].filter((line) => line !== undefined)
  const doors = [
    ...(shop.plans.length > 0
      ? [link('Buy over HTTP', accessUrl, 'POST, JSON; 402 names the price')]
      : []),
    link('Prove a transfer', proofUrl, 'POST, JSON; for a transfer you made yourself'),
    ...surfaces.map(({ name, url, description }) => link(name, url, description)),
  ]
  return [
    `# ${escapeMarkdown(seller.name)}`,
    `> ${escapeMarkdown(summary)}`,
    ...[writeTerms(shop), writeRequestTerms(shop)].filter((text) => text !== undefined),
    `For sale:\n\n${writeWares(shop)}`,
    `## Buy\n\n${doors.join('\n')}`,
    ...(links.length > 0 ? [`## Documents\n\n${links.join('\n')}`] : []),
  ].join('\n\n')
}

/** What every purchase has in common, in sentences. */
export function writeTerms({ seller, network, scheme, takesV1 }: Shop): string {
  const { token, payTo } = seller
  const v1 = ' Version 1 (`X-PAYMENT`) is taken at the same addresses.'
  return (
    `Payment is x402 version 2, scheme \`${scheme}\`, in ${escapeMarkdown(token.symbol)} ` +
    `(\`${token.address}\`) on \`${network}\`, to \`${payTo}\`.${takesV1 ? v1 : ''} Every payment ` +
    'ends delivered or refunded on chain.'
  )
}

/** What every single request has in common; `undefined` where none is sold. */
export function writeRequestTerms({ routes }: Shop): string | undefined {
  if (!routes.some(({ priced }) => priced !== undefined)) return undefined
  return (
    'A single request may carry an `Idempotency-Key` of yours (16 to 128 of `A-Za-z0-9_-`, ' +
    'random): under one key it is charged once, however often you sign.'
  )
}

/** Every plan and every route on a line of its own. */
export function writeWares({ plans, routes, seller }: Shop): string {
  const symbol = escapeMarkdown(seller.token.symbol)
  const line = (id: string, price: string, description: string | undefined): string =>
    `- \`${id}\`, ${price}${description === undefined ? '' : `: ${escapeMarkdown(description)}`}`
  return [
    ...plans.map(({ planId, price, description }) =>
      line(planId, `${price} ${symbol}`, description),
    ),
    ...routes.map(({ route, url, priced }) =>
      line(
        `${route.method} ${url}`,
        priced ? `${priced.price} ${symbol}` : 'free',
        route.description,
      ),
    ),
  ].join('\n')
}

function link(title: string, url: string | undefined, note?: string): string | undefined {
  if (url === undefined) return undefined
  return `- [${title}](${url})${note === undefined ? '' : `: ${note}`}`
}
