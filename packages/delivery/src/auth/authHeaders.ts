const fieldName = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,128}$/
const fieldValue = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const longestValue = 8192

/** Headers the request itself decides; another value would change what is sent or to whom. */
const reserved =
  /^(?:idempotency-key|content-.*|accept|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i

export const headerNameText = 'a header name (RFC 9110) that the request itself does not use'
export const headerValueText: string = `1 to ${longestValue} visible ASCII characters, without line breaks`

export const isAuthHeaderName = (name: unknown): name is string =>
  typeof name === 'string' && fieldName.test(name) && !reserved.test(name)

export const isHeaderValue = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= longestValue && fieldValue.test(value)

/** True when every header may be sent as it is: no line break can smuggle in another one. */
export const areAuthHeaders = (headers: unknown): headers is Record<string, string> =>
  typeof headers === 'object' &&
  headers !== null &&
  Object.entries(headers).every(([name, value]) => isAuthHeaderName(name) && isHeaderValue(value))
