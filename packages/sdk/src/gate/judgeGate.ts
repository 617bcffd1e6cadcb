import { Key0Error } from '@key0/core'
import type { RequirePaymentOptions } from './GateOptions.ts'

/** What cannot be sold. @throws CONFIG_INVALID naming every mistake at once */
export function assertGate(options: RequirePaymentOptions): void {
  const { chain, token, amount, isUsed, markUsed, exact } = options
  const rules: readonly (readonly [holds: boolean, problem: string])[] = [
    [chain === 'base' || chain === 'base-sepolia', 'chain must be "base" or "base-sepolia"'],
    [token === 'USDC', 'token must be "USDC"'],
    [typeof amount === 'string', 'amount must be text, such as "0.05"'],
    [
      (isUsed === undefined) === (markUsed === undefined),
      'isUsed and markUsed go together: one without the other remembers nothing',
    ],
    [
      exact?.settle !== 'self' || typeof exact.relayerPrivateKey === 'string',
      'exact.relayerPrivateKey must be given to settle by yourself',
    ],
  ]
  const problems = rules.filter(([holds]) => !holds).map(([, problem]) => problem)
  if (problems.length === 0) return
  throw new Key0Error('CONFIG_INVALID', { facts: { requirePayment: problems.join('; ') } })
}

/** What can be sold, and yet will not be what its seller hopes for. */
export function warningsOf(options: RequirePaymentOptions): readonly string[] {
  const { discovery, exact, publicUrl, store } = options
  const schema = typeof discovery === 'object' ? discovery.inputSchema : undefined
  const rules: readonly (readonly [is: boolean, warning: string])[] = [
    [
      Boolean(discovery) && exact === undefined,
      'requirePayment: discovery is on without an exact rail. Indexes list this resource, but the' +
        ' buyers who come from there pay by exact alone and cannot pay here.',
    ],
    [
      Boolean(discovery) && schema === undefined,
      'requirePayment: discovery is on without an inputSchema. x402scan lists nothing without one.',
    ],
    [
      publicUrl === undefined,
      'requirePayment: publicUrl is not given, so offers name http://localhost:3000, and another' +
        ' server that sells at the same price over the same store takes them for its own.',
    ],
    [
      store === undefined,
      'requirePayment: payments are kept in memory. What is paid and not yet delivered is forgotten' +
        ' when this process ends. The gates of this process share that memory; gates of any other' +
        ' one do not, and one payment may buy at each of them: run one instance, or give them all' +
        ' one store.',
    ],
  ]
  return rules.filter(([is]) => is).map(([, warning]) => warning)
}
