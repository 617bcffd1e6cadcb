export { key0 } from '../key0.ts'
export { validateAccessToken } from '../validateAccessToken.ts'
