import { type AfterRestore, lookAfterRestore, readRefundSwitch } from '@key0/core'
import { toAmount } from '../print.ts'
import { type Action, malformed } from '../toCommand.ts'

/** What clocks and blocks may disagree about. */
const SKEW_MS = 30_000

/** Walks through a restore. */
export const recoverAction: Action = {
  description: 'Walk through a restore of the store: what was lost, what is held, what to do next',
  ids: 'none',
  flags: {
    'from-block': { type: 'string', description: 'Look at the chain from this block' },
    restored: { type: 'boolean', description: 'It is an older copy: note the loss in any case' },
    'presented-within': {
      type: 'string',
      description: 'Seconds a buyer may still present a transfer; default CHALLENGE_TTL_SECONDS',
    },
    yes: { type: 'boolean', description: 'Write what was found; otherwise only tell' },
  },
  run: async (desk, { flags }) => {
    const fromBlock = readNumber(flags['from-block'], '--from-block')
    const seconds = readNumber(flags['presented-within'], '--presented-within')
    const { challengeTTLSeconds } = desk.config
    const adoptAfterMs =
      seconds === undefined ? challengeTTLSeconds * 1_000 + SKEW_MS : Number(seconds) * 1_000
    const apply = flags.yes === true
    const found = await lookAfterRestore(await desk.accounting(adoptAfterMs), {
      ...(fromBlock !== undefined && { fromBlock }),
      isRestored: flags.restored === true,
      apply,
    })
    const refunds = await readRefundSwitch(desk.ctx)
    const next = tellNext(found, { apply, isStopped: refunds.isStopped })
    return {
      text: [...describe(found, refunds.isStopped), '', 'Next:', ...number(next)].join('\n'),
      data: { applied: apply, refunds, ...found, next },
    }
  },
}

function describe(found: AfterRestore, isStopped: boolean): string[] {
  const { continuity, unexplained, adopted, toBeHeld, held, declaredLoss } = found
  const { deploymentId, highestEvent, break: loss, silence } = continuity
  const span = (of: { readonly since: Date; readonly until: Date }): string =>
    `${of.since.toISOString()} to ${of.until.toISOString()}`
  const sum = unexplained.reduce((total, { value }) => total + value, 0n)
  return [
    `Store ${deploymentId}, ${highestEvent} events`,
    `Refunds ${isStopped ? 'are stopped' : 'go on'}`,
    loss
      ? `Lost writes: ${span(loss)} (${loss.cause})${declaredLoss ? ', noted now' : ''}`
      : 'Lost writes: none known',
    ...(silence ? [`Silent, and not compared with the chain yet: ${span(silence)}`] : []),
    `Transfers no record explains: ${unexplained.length}, ${toAmount(sum)}`,
    ...unexplained.map(
      ({ value, from, txHash, block }) =>
        `  ${toAmount(value)} from ${from} in ${txHash} at block ${block.number}`,
    ),
    `Taken up now, and held: ${adopted.length}`,
    `Undelivered and to be held when due: ${toBeHeld.count}, ${toAmount(toBeHeld.value)}`,
    ...held.map(({ reason, count, value }) => `Held: ${count}, ${toAmount(value)}: ${reason}`),
  ]
}

function tellNext(
  { continuity, unexplained, adopted, held, toBeHeld }: AfterRestore,
  { apply, isStopped }: { readonly apply: boolean; readonly isStopped: boolean },
): readonly string[] {
  const left = unexplained.length - adopted.length
  const steps = [
    !isStopped &&
      held.length + left + toBeHeld.count > 0 &&
      'key0 stop --reason "after a restore", until the rest is done.',
    !apply && left > 0 && 'key0 recover --yes: gives these transfers held records, notes the loss.',
    apply &&
      left > 0 &&
      'Some transfers are so young that buyers may still present them: repeat this later.',
    !apply &&
      !continuity.break &&
      'If the store is an older copy: key0 recover --restored --yes notes it.',
    continuity.silence && 'Repeat this when the chain answers: the silence is not compared yet.',
    held.length > 0 &&
      'key0 list --kind held. Compare each with what your backend delivered; then key0 release ' +
        '(undelivered: it goes back), or key0 write-off (delivered, or your own money).',
    isStopped && 'key0 start --reason "restore is done", at last.',
  ]
  const todo = steps.filter((step) => typeof step === 'string')
  return todo.length > 0 ? todo : ['Nothing: the store continues what it was.']
}

function number(lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${index + 1}. ${line}`)
}

function readNumber(value: string | boolean | undefined, name: string): bigint | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return BigInt(value)
  throw malformed(name, 'must be a whole number')
}
