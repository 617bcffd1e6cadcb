export {
  type Key0App,
  type Key0Middleware,
  type Key0Options,
  key0,
  key0App,
  requirePayment,
} from '../key0.ts'
export { validateAccessToken } from '../validateAccessToken.ts'
