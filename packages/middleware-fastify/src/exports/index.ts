export { type Key0PluginOptions, key0Plugin, requirePayment } from '../key0Plugin.ts'
export { validateAccessToken } from '../validateAccessToken.ts'
