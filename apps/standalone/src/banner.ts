import { adminPath } from './admin/adminPath.ts'
import type { Gateway } from './compose.ts'
import type { GatewayConfig } from './GatewayConfig.ts'

/** What this process is and does, line by line, without secrets. */
export function banner(
  config: GatewayConfig,
  running: Pick<Gateway, 'port' | 'warnings' | 'readiness' | 'metricsPort'>,
): string {
  const { port, warnings: more, readiness, metricsPort } = running
  const { token, storage, settlement, refunds, network } = config
  const rows: readonly (readonly [string, string])[] = [
    ['Port', `${port}`],
    ['Network', network === 'mainnet' ? 'mainnet (Base, 8453)' : 'testnet (Base Sepolia, 84532)'],
    ['Wallet', config.walletAddress],
    ['Storage', storage.kind === 'embedded' ? `embedded (${storage.dataDir})` : storage.kind],
    ['Managed', config.managedInfra.join(', ') || 'none'],
    ['Token mode', token.mode],
    ['Facilitation', facilitation(settlement)],
    ['Ready', describeReadiness(readiness)],
    ['Backend', withoutSecrets(token.mode === 'remote' ? token.url : token.backendUrl)],
    [
      'Plans',
      config.plans.map(({ planId, unitAmount }) => `${planId} ${unitAmount}`).join(', ') || 'none',
    ],
    ['Routes', config.routes.map(describeRoute).join(', ') || 'none'],
    ['Proxy to', withoutSecrets(config.proxy?.baseUrl)],
    ['Discovery', `${config.publicUrl}/discover`],
    ['Buy at', `${config.publicUrl}/x402/access`],
    ['Agent card', a2aAt(config, '/.well-known/agent-card.json')],
    ['A2A endpoint', a2aAt(config)],
    ['MCP server', config.mcp ? `${config.publicUrl}/mcp` : 'off (MCP_ENABLED=true)'],
    ['Admin API', adminAt(config)],
    ['Metrics', metricsPort === undefined ? 'off (KEY0_METRICS_PORT)' : `at port ${metricsPort}`],
    ['Refund cron', `every ${refunds.intervalMs} ms`],
    ['Refund grace', `${refunds.minAgeMs} ms`],
    ['Refunds', refundStatus(refunds)],
    ['Keys held', keysHeld(config)],
  ]
  const lines = rows.map(([name, value]) => `  ${name.padEnd(13)}${value}`)
  const warnings = [...config.warnings, ...more].map((text) => `  ! ${text}`)
  return ['', 'Key0 gateway', ...lines, ...warnings, ''].join('\n')
}

function describeRoute({ method, path, unitAmount }: GatewayConfig['routes'][number]): string {
  return `${method} ${path} ${unitAmount ?? 'free'}`
}

/** What was asked when it started, and what answered; the warnings below say more. */
function describeReadiness({ ok, checks }: Gateway['readiness']): string {
  const found = Object.entries(checks).map(([name, { status }]) => `${name} ${status}`)
  return `${ok ? 'yes' : 'NO'} (${found.join(', ')})`
}

function a2aAt({ a2a, publicUrl }: GatewayConfig, path?: string): string {
  return a2a ? `${publicUrl}${path ?? a2a.path}` : 'OFF (A2A_ENABLED=false)'
}

function adminAt({ adminToken, publicUrl }: GatewayConfig): string {
  return adminToken === undefined ? 'off (KEY0_ADMIN_TOKEN)' : `${publicUrl}${adminPath}`
}

/** Users, passwords and keys are folded into URLs. */
function withoutSecrets(url: string | undefined): string {
  if (url === undefined) return 'none'
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function facilitation(settlement: GatewayConfig['settlement']): string {
  if (settlement.mode === 'none') return 'None: buyers pay on chain themselves (KEY0_EXACT=false)'
  if (settlement.mode === 'gas-wallet') return 'Gas wallet'
  return settlement.fallback ? 'Standard, then the gas wallet' : 'Standard'
}

function refundStatus(refunds: GatewayConfig['refunds']): string {
  if (!refunds.inside) return 'OFF in this process (REFUNDS=off): a refund worker sends them'
  if (refunds.walletPrivateKeys.length === 0)
    return 'DISABLED (set KEY0_WALLET_PRIVATE_KEY): nobody pays back from here'
  return 'ENABLED, inside this process'
}

/** Which secrets this process holds, and what for: whoever takes it over has these and no others. */
function keysHeld(config: GatewayConfig): string {
  const { settlement, refunds, token, encryptionKeys, receiptPrivateKey, adminToken } = config
  const hasWallet = refunds.walletPrivateKeys.length > 0
  const carries = settlement.mode === 'none' && settlement.refundKeys.length > 0
  const keys = [
    settlement.mode === 'gas-wallet' && 'gas wallet (pays for settlement)',
    settlement.mode === 'facilitator' &&
      settlement.fallback &&
      'gas wallet (pays when no facilitator settles)',
    carries && 'gas wallet (pays for refunds)',
    settlement.mode === 'facilitator' && settlement.cdp && 'CDP API key (asks its facilitator)',
    hasWallet && `receiving wallet (${refunds.inside ? 'signs refunds' : 'not used: REFUNDS=off'})`,
    token.mode === 'native' && 'token key (signs what was bought)',
    token.auth.strategy !== 'none' && 'backend secret (proves who is calling)',
    config.proxy?.secret !== undefined && 'proxy secret (proves who passes requests on)',
    config.notifications && 'webhook secret (signs notifications)',
    receiptPrivateKey !== undefined && 'receipt key (signs receipts)',
    adminToken !== undefined && 'admin token (lets operators in)',
    encryptionKeys.length > 0 && 'encryption key (reads what the store keeps)',
  ].filter((key) => typeof key === 'string')
  return keys.length > 0 ? keys.join(', ') : 'none'
}
