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

/** The agent id of whoever comes over plain HTTP: nobody has proven to be anybody. */
const clientAgentId = 'x402-http'

/** `POST /x402/access`: without a payment it names the price, with one it sells. */
export async function answerAccess(
  request: Request,
  url: URL,
  context: Context,
): Promise<Response> {
  const { headers } = request
  if (hasPayment(headers)) return sell(request, { url, dialect: dialectOf(headers) }, context)
  const body = await readAccessBody(request, context.settings.limits.maxBodyBytes)
  if (isForResource(body)) return offerAccess(body, url, context)
  const offered = await context.checkout.offer({ ...body, clientAgentId })
  return context.offers(offered, url, httpProblemOf('PAYMENT_REQUIRED'))
}

async function sell(request: Request, paid: Paid, context: Context): Promise<Response> {
  const { settings, checkout } = context
  const { maxHeaderBytes, maxBodyBytes } = settings.limits
  try {
    const payment = readPaymentHeader(request.headers, maxHeaderBytes)
    const body = await readAccessBody(request, maxBodyBytes)
    if (isForResource(body))
      return writeAccess(await sellAccess(payment, body, context), paid, context)
    return writeSale(await checkout.pay(payment, { ...body, clientAgentId }), paid, context)
  } catch (error) {
    return writeSale(checkout.refuse(error), paid, context)
  }
}

function isForResource(body: AccessBody): body is ResourceBody {
  return body.resource !== undefined
}
