import type { Refused, Sold } from '@key0/checkout'
import { writeSale } from '../answer/writeSale.ts'
import type { Context } from '../Context.ts'
import { httpProblemOf } from '../problem.ts'
import { readAccessBody } from '../request/readAccessBody.ts'
import { dialectOf, hasPayment, readPaymentHeader } from '../request/readPaymentHeader.ts'

/** The agent id of whoever comes over plain HTTP: nobody has proven to be anybody. */
const clientAgentId = 'x402-http'

/** `POST /x402/access`: without a payment it names the price, with one it sells. */
export async function answerAccess(
  request: Request,
  url: URL,
  context: Context,
): Promise<Response> {
  const { headers } = request
  if (hasPayment(headers))
    return writeSale(await sell(request, context), { url, dialect: dialectOf(headers) }, context)
  const body = await readAccessBody(request, context.settings.limits.maxBodyBytes)
  const offered = await context.checkout.offer({ ...body, clientAgentId })
  return context.offers(offered, url, httpProblemOf('PAYMENT_REQUIRED'))
}

async function sell(request: Request, { settings, checkout }: Context): Promise<Sold | Refused> {
  const { maxHeaderBytes, maxBodyBytes } = settings.limits
  try {
    const payment = readPaymentHeader(request.headers, maxHeaderBytes)
    const body = await readAccessBody(request, maxBodyBytes)
    return await checkout.pay(payment, { ...body, clientAgentId })
  } catch (error) {
    return checkout.refuse(error)
  }
}
