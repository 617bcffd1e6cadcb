import type { CallLog } from './CallLog.ts'
import { isRefusal, type RpcCall, type RpcEffect, type RuleState, takeEffects } from './RpcRule.ts'

/** How one HTTP request ends. */
export type Answer =
  | { readonly kind: 'hang' }
  | { readonly kind: 'drop' }
  | {
      readonly kind: 'http'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

type Context = {
  readonly target: string
  readonly log: CallLog
  readonly states: readonly RuleState[]
  readonly body: string
}

type Message = {
  readonly id?: unknown
  readonly method: string
  readonly params?: readonly unknown[]
}

type Reply = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown }

type Plan = {
  readonly message: Message
  readonly call: RpcCall
  readonly effects: readonly RpcEffect[]
  readonly entry: ReturnType<CallLog['add']>
}

/** Answers one HTTP request: one call, or a batch of them. */
export async function answerRequest(context: Context): Promise<Answer> {
  const parsed = parse(context.body)
  if (parsed === undefined) return await forwardText(context.target, context.body)
  const inBatch = Array.isArray(parsed)
  const plans = [parsed].flat().map((message): Plan => {
    const call: RpcCall = { method: message.method, params: message.params ?? [] }
    const entry = context.log.add(call, inBatch)
    const effects = takeEffects(context.states, call)
    entry.effects = effects.map(({ kind }) => kind)
    return { message, call, effects, entry }
  })
  await Promise.all(plans.map(async ({ effects }) => await postpone(effects)))
  const refusal = plans.flatMap(({ effects }) => effects).find(isWholeRefusal)
  if (refusal) {
    for (const { entry } of plans) context.log.settle(entry, 'refused')
    return refuse(refusal)
  }
  const answer = await answerPlans(context, plans, inBatch)
  const kinds = plans.flatMap(({ effects }) => effects.map(({ kind }) => kind))
  if (kinds.includes('dropAfter')) return { kind: 'drop' }
  return kinds.includes('hangAfter') ? { kind: 'hang' } : answer
}

function parse(body: string): Message | readonly Message[] | undefined {
  try {
    const parsed = JSON.parse(body) as unknown
    const isCall = (it: unknown): it is Message =>
      typeof (it as { method?: unknown } | null)?.method === 'string'
    if (Array.isArray(parsed)) return parsed.length > 0 && parsed.every(isCall) ? parsed : undefined
    return isCall(parsed) ? parsed : undefined
  } catch {
    // What is no call at all is the node's to refuse.
    return undefined
  }
}

async function postpone(effects: readonly RpcEffect[]): Promise<void> {
  for (const effect of effects) {
    if (effect.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, effect.ms))
    if (effect.kind === 'hold') await effect.until
  }
}

type WholeRefusal =
  | Extract<RpcEffect, { kind: 'status' }>
  | { readonly kind: 'dropBefore' }
  | { readonly kind: 'hang' }

const isWholeRefusal = (effect: RpcEffect): effect is WholeRefusal & RpcEffect =>
  isRefusal(effect) && effect.kind !== 'error' && effect.kind !== 'answer'

function refuse(effect: WholeRefusal): Answer {
  if (effect.kind === 'hang') return { kind: 'hang' }
  if (effect.kind === 'dropBefore') return { kind: 'drop' }
  const { status, headers = {}, body = '' } = effect
  return { kind: 'http', status, headers, body }
}

async function answerPlans(
  context: Context,
  plans: readonly Plan[],
  inBatch: boolean,
): Promise<Answer> {
  const forwarded = plans.filter(({ effects }) => !effects.some(isRefusal))
  const messages = forwarded.map(rewriteParams)
  let upstream: Answer = { kind: 'http', status: 200, headers: {}, body: '[]' }
  if (messages.length > 0) {
    upstream = await forwardText(context.target, JSON.stringify(inBatch ? messages : messages[0]))
  }
  for (const plan of plans) {
    context.log.settle(plan.entry, forwarded.includes(plan) ? 'forwarded' : 'refused')
  }
  if (upstream.kind !== 'http' || upstream.status !== 200) return upstream
  const replies = new Map<unknown, Reply>()
  for (const reply of [JSON.parse(upstream.body) as Reply | readonly Reply[]].flat()) {
    replies.set(reply.id, reply)
  }
  const answers: Reply[] = []
  for (const plan of plans) {
    const reply = await toReply(plan, replies.get(plan.message.id))
    if (reply) answers.push(reply)
  }
  return { ...upstream, body: JSON.stringify(inBatch ? answers : answers[0]) }
}

function rewriteParams({ message, effects }: Plan): Message {
  let params = message.params ?? []
  for (const effect of effects) {
    if (effect.kind === 'rewriteParams') params = effect.params(params)
  }
  return { ...message, params }
}

async function toReply(plan: Plan, reply: Reply | undefined): Promise<Reply | undefined> {
  const base = { jsonrpc: '2.0', id: plan.message.id }
  const last = plan.effects.at(-1)
  if (last?.kind === 'error') {
    const { code, message, data } = last
    return { ...base, error: { code, message, ...(data !== undefined && { data }) } }
  }
  if (last?.kind === 'answer') return { ...base, result: await last.result(plan.call) }
  if (!reply || reply.error !== undefined) return reply
  let { result } = reply
  for (const effect of plan.effects) {
    if (effect.kind === 'rewrite') result = await effect.result(result, plan.call)
  }
  return { ...reply, result }
}

async function forwardText(target: string, body: string): Promise<Answer> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return { kind: 'http', status: response.status, headers: {}, body: await response.text() }
}
