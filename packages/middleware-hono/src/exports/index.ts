export { type Key0App, key0, key0App } from '../key0.ts'
export { validateAccessToken } from '../validateAccessToken.ts'
