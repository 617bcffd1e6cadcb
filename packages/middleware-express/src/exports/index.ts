export { keepRawBody } from '@key0/middleware-kit'
export { type Key0Router, key0Router, requirePayment } from '../key0Router.ts'
export { validateAccessToken } from '../validateAccessToken.ts'
