import { type Paid, writeSale } from '../answer/writeSale.ts'
import type { Context } from '../Context.ts'
import { httpProblemOf } from '../problem.ts'
import { type AccessBody, readAccessBody } from '../request/readAccessBody.ts'
import { dialectOf, hasPayment, readPaymentHeader } from '../request/readPaymentHeader.ts'
import {
  offerAccess,
  type ResourceBody,
  sellAccess,
  writeAccess,
} from '../resource/accessResource.ts'
import type { Incoming } from '../resource/ResourceSale.ts'
import { callerOf } from '../resource/sellResource.ts'

/** The agent id of whoever comes over plain HTTP: nobody has proven to be anybody. */
const clientAgentId = 'x402-http'

/** `POST /x402/access`: without a payment it names the price, with one it sells. */
export async function answerAccess(
  incoming: Incoming,
  url: URL,
  context: Context,
): Promise<Response> {
  const { request } = incoming
  const { headers } = request
  if (hasPayment(headers)) return sell(incoming, { url, dialect: dialectOf(headers) }, context)
  const body = await readAccessBody(request, context.settings.limits.maxBodyBytes)
  const by = { clientAgentId, ...callerOf(incoming) }
  if (isForResource(body)) return offerAccess({ ...body, ...by }, url, context)
  const offered = await context.checkout.offer({ ...body, ...by })
  return context.offers(offered, url, httpProblemOf('PAYMENT_REQUIRED'))
}

async function sell(incoming: Incoming, paid: Paid, context: Context): Promise<Response> {
  const { request } = incoming
  const by = { clientAgentId, ...callerOf(incoming) }
  const { settings, checkout } = context
  const { maxHeaderBytes, maxBodyBytes } = settings.limits
  try {
    const payment = readPaymentHeader(request.headers, maxHeaderBytes)
    const body = await readAccessBody(request, maxBodyBytes)
    if (isForResource(body))
      return writeAccess(await sellAccess(payment, { ...body, ...by }, context), paid, context)
    return writeSale(await checkout.pay(payment, { ...body, ...by }), paid, context)
  } catch (error) {
    return writeSale(checkout.refuse(error), paid, context)
  }
}

function isForResource(body: AccessBody): body is AccessBody & Pick<ResourceBody, 'resource'> {
  return body.resource !== undefined
}
