import { escapeMarkdown } from './escapeMarkdown.ts'
import type { Shop } from './Shop.ts'
import { writeRequestTerms, writeTerms, writeWares } from './writeLlms.ts'

/** `/skills.md`: an agent skill (agentskills.io), a name and a description before instructions. */
export function writeSkills(shop: Shop): string {
  const { seller, proofUrl, surfaces } = shop
  const name = escapeMarkdown(seller.name)
  const about = seller.description === undefined ? '' : ` ${seller.description}`
  const summary = `Buy access from ${seller.name} with x402.${about}`
  const sections = [
    `# Buy from ${name}`,
    writeTerms(shop),
    `## What is for sale\n\n${writeWares(shop)}`,
    `## How to buy

1. ${writeFirstStep(shop)}
2. The answer is 402. Its \`PAYMENT-REQUIRED\` header is base64 of JSON; its body has the same under
   \`paymentRequired\`. Check the amount, the asset, the network and \`payTo\` against this page.
3. ${writePaymentStep(shop)}
4. 200 is what you bought, with the transaction in \`PAYMENT-RESPONSE\`.`,
    `## When something is in the way

- Lost the answer? Send the same request with the same payment again. It is charged once.
- 503 with \`Retry-After\`: it is not known yet whether your payment went through. Ask again with the
  same payment; do not sign another one.
- 402 again: nothing was taken. \`code\` says what was wrong.
- 502: it was paid and could not be delivered. \`facts\` says what becomes of the refund.
- Made the transfer yourself? \`POST ${proofUrl}\` with \`challengeId\` and \`txHash\`. A 403
  names the \`message\` to sign with the account that paid: send that too, as \`payerSignature\`.`,
    ...(surfaces.length > 0
      ? [
          `## Other ways in\n\n${surfaces
            .map(({ name: title, url, description }) => `- ${title}: ${url} (${description})`)
            .join('\n')}`,
        ]
      : []),
  ]
  // JSON's strings are YAML's double-quoted ones (YAML 1.2), whatever a seller's text holds.
  const head = `---\nname: ${toSlug(seller.name)}\ndescription: ${JSON.stringify(clip(summary))}\n---`
  return `${head}\n\n${sections.join('\n\n')}\n`
}

/** What is asked before a price is known. */
function writeFirstStep(shop: Shop): string {
  const { accessUrl, plans, routes } = shop
  const [plan] = plans
  const forPlan =
    plan &&
    `For a plan: \`POST ${accessUrl}\` with \`content-type: application/json\` and
   \`{"planId":"${plan.planId}"}\`. Add a random \`requestId\` (16 to 128 of \`A-Za-z0-9_-\`) to find the
   same purchase again.`
  const forRequest = routes.length > 0 && 'For a single request: send the request itself.'
  return [forPlan, forRequest, writeRequestTerms(shop)].filter(Boolean).join('\n   ')
}

/** What is done with a price. */
function writePaymentStep({ scheme, takesV1, proofUrl, plans, routes }: Shop): string {
  if (scheme === 'exact') {
    const v1 = `
   Version 1 of x402 reads the body, and sends \`X-PAYMENT\`.`
    return `Sign what \`accepts[0]\` asks for and send the same request again with \`PAYMENT-SIGNATURE\`. An
   x402 client does both steps.${takesV1 ? v1 : ''}`
  }
  const forPlan = plans.length > 0 && `\`POST ${proofUrl}\` with \`challengeId\` and \`txHash\``
  const forRequest =
    routes.length > 0 &&
    `send the same request again with \`PAYMENT-PROOF\`: base64 of JSON with
   \`challengeId\` and \`txHash\``
  return `Transfer what \`accepts[0]\` asks for yourself, and ${[forPlan, forRequest].filter(Boolean).join(', or ')}.`
}

/** A skill's name is 1 to 64 lower-case letters, digits and single dashes. */
function toSlug(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = `buy-from-${plain}`.replace(/[^a-z0-9]+/g, '-').slice(0, 64)
  return slug.replace(/-+$/, '')
}

/** A skill's description is one line of at most 1024 characters. */
function clip(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return [...line].slice(0, 1_000).join('')
}
