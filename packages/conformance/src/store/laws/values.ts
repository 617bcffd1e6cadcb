import type {
  AccessGrant,
  ChallengeBase,
  ChallengeFields,
  RefundProgress,
  SettlementIntent,
} from '@key0/core'
import { expectDefined, expectKind, expectRejects, expectSame, expectTrue } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { word } from '../createMint.ts'
import { bring, grantFor, moved, open, read, refundFor, type Scene } from '../Scene.ts'

const MAX = 2n ** 256n - 1n

/** What both connections read back is what was written. */
async function survives(scene: Scene, fields: Partial<ChallengeBase> & ChallengeFields) {
  for (const store of [scene.rig.store, scene.rig.peer]) {
    const record = expectDefined(await store.get(scene.id), 'the record')
    for (const [name, value] of Object.entries(fields))
      expectSame(record[name as keyof typeof record], value, name)
  }
}

function ofBase(what: string, overrides: Partial<ChallengeBase>): Case {
  return {
    law: `values: ${what}`,
    async prove(rig) {
      const scene = await open(rig, overrides)
      await survives(scene, overrides)
      const { requestId, scope } = scene.minted.base
      const found = await rig.peer.findActiveByRequestId(requestId, scope)
      expectSame(found?.challengeId, scene.id, 'the challenge, found by its request id')
      expectTrue((await rig.peer.history(scene.id)).length === 1, 'its history is found')
      await moved(scene, 'PENDING', 'CANCELLED')
      expectSame((await read(scene)).state, 'CANCELLED', 'it moves like any other')
    },
  }
}

function ofPaid(what: string, fields: (scene: Scene) => ChallengeFields): Case {
  return {
    law: `values: ${what}`,
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      await moved(scene, 'PAID', 'PAID', fields(scene))
      await survives(scene, fields(scene))
    },
  }
}

function fullIntent({ payment }: Scene): SettlementIntent {
  const url = 'https://facilitator.example/settle?x=1&y=ü'
  return payment.intent({
    stage: 'PAID',
    voidReason: 'AUTHORIZATION_EXPIRED',
    earlier: ['AUTHORIZATION_CANCELLED', 'AUTHORIZATION_EXPIRED'],
    sinceBlock: MAX,
    submissions: [
      {
        ...{ via: 'gas-wallet', sender: '0xA11CE00000000000000000000000000000000001' },
        ...{ gasNonce: 0, txHash: word(1), rawTransaction: `0x02${'f8'.repeat(400)}`, atMs: 1 },
      },
      { via: 'facilitator', url, atMs: 2 },
      { via: 'facilitator', url, txHash: word(2), atMs: 3 },
    ],
  })
}

const nested = {
  list: [1, 'two', null, true, { deep: [[], {}] }],
  'key with spaces': { '': 'empty', $int: '7', $$int: 'x', constructor: 'text', toString: '1' },
  escapes: 'quote " backslash \\ newline \n tab \t \u2028 </script>',
  number: 1.5,
  zero: 0,
  not: false,
}

const withCredential = (scene: Scene, credential: unknown): { accessGrant: AccessGrant } => ({
  accessGrant: {
    ...grantFor(scene),
    ...{ expiresAt: '2026-01-01T00:00:00.000Z', explorerUrl: 'https://scan.example/tx/1' },
    ...{ resourceEndpoint: 'https://api.example', accessToken: 'ü'.repeat(5_000), credential },
  },
})

async function untouched(rig: Rig, act: (record: object) => void): Promise<void> {
  const scene = await bring(rig, 'PAID')
  await moved(scene, 'PAID', 'PAID', { intent: fullIntent(scene) })
  const before = structuredClone(await read(scene))
  act(await read(scene))
  expectSame(await read(scene), before, 'the stored record')
  const [due] = await rig.store.due(new Date(rig.clock.nowMs()), 1)
  act(expectDefined(due, 'the record that is due'))
  expectSame(await read(scene), before, 'the stored record')
}

/** Tries to change something; a frozen object may answer with an error. */
function attempt(change: () => void): void {
  try {
    change()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
}

export const valueLaws: readonly Case[] = [
  ofBase('the largest amount there is, 2^256-1', { amountRaw: MAX }),
  ofBase('the smallest amount there is', { amountRaw: 1n }),
  ofBase('an amount that no double holds', { amountRaw: 2n ** 53n + 1n }),
  ofBase('a chain id beyond 32 bits', { chainId: 4_294_967_297 }),
  ofBase('dates to the millisecond', {
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 1)),
    expiresAt: new Date(Date.UTC(2026, 0, 30, 23, 59, 59, 999)),
  }),
  ofBase('the exact casing of addresses', {
    token: '0xAbCdEf0123456789aBcDeF0123456789AbCdEf01',
    destination: '0xFEDCBA9876543210fedcba9876543210FEDCBA98',
  }),
  ofBase('emoji, combining marks and right-to-left text', {
    resourceId: 'отчёты/日報/🧾👩🏽‍🚀',
    clientAgentId: 'agent://e\u0301/\u202Eשלום',
    amount: '$٠.10',
  }),
  ofBase('texts that look like numbers, dates and JSON', {
    resourceId: '00123',
    planId: '1e3',
    clientAgentId: '2026-01-01T00:00:00.000Z',
    amount: '{"$int":"1"}',
    asset: 'null',
  }),
  ofBase('empty texts', { resourceId: '', planId: '', clientAgentId: '' }),
  ...[
    ['__proto__', '__proto__'],
    ['constructor', 'hasOwnProperty'],
    ['a:b', 'c:d:e'],
    ['../../etc/passwd', '../'],
    ['{hash}tag', '}{'],
    ["' or 1=1; --", '" or ""="'],
    ['%s %n %', '*?[a-z]'],
    [' spaces around ', ' \t '],
    ['UPPER', 'lower'],
    ['i'.repeat(128), 'r'.repeat(128)],
    ['🧾'.repeat(32), '日'.repeat(128)],
  ].map(([challengeId = '', requestId = '']) =>
    ofBase(`the ids ${shorten(challengeId)} and ${shorten(requestId)}`, { challengeId, requestId }),
  ),
  {
    law: 'values: ids that differ in case, accents or trailing space are different',
    async prove(rig) {
      const ids = ['abc', 'ABC', 'abc ', ' abc', 'äbc', 'a\u0308bc', 'abc\n']
      for (const id of ids) await open(rig, { challengeId: `c-${id}`, requestId: id })
      for (const id of ids) expectSame((await read({ rig, id: `c-${id}` })).requestId, id, id)
    },
  },
  {
    law: 'values: keys and reasons of any text',
    async prove(rig) {
      const scene = await open(rig)
      const attempt = { key: "k'\n🧾 __proto__", actor: 'ü:"', reason: 'line\none \\ "two"' }
      const outcome = await rig.store.transition({
        ...{ id: scene.id, from: 'PENDING', to: 'CANCELLED' },
        ...attempt,
      })
      expectKind(outcome, 'applied', 'cancelling')
      const { key, actor, reason } = expectDefined(
        (await rig.peer.history(scene.id)).at(-1),
        'the entry',
      )
      expectSame({ key, actor, reason }, attempt, 'the attempt')
    },
  },
  ofPaid('an intent with submissions of both kinds', (scene) => ({ intent: fullIntent(scene) })),
  ofPaid('an authorization with the largest numbers', (scene) => {
    const { authorization, ...intent } = fullIntent(scene)
    const numbers = { value: MAX, validAfter: MAX - 1n, validBefore: MAX }
    return { intent: { ...intent, authorization: { ...authorization, ...numbers } } }
  }),
  ofPaid('a block number beyond 2^53', () => ({
    paidBlock: { number: 2n ** 64n - 1n, hash: word(3) },
    paymentFinal: false,
  })),
  ofPaid('a lease and a reason to hold', ({ rig }) => ({
    lease: { holder: 'gateway:🧾', untilMs: rig.clock.nowMs() },
    held: '',
  })),
  ofPaid('a grant with nested JSON', (scene) => withCredential(scene, nested)),
  ofPaid('a grant whose credential is a text, a number, null or a list', (scene) =>
    withCredential(scene, ['text', 0, null, [[]]]),
  ),
  ofPaid('a grant whose credential imitates the store’s own encoding', (scene) =>
    withCredential(scene, { amount: { $int: 'not a number' }, deep: [{ $int: '12' }] }),
  ),
  {
    law: 'values: a refund with everything it can carry',
    async prove(rig) {
      const scene = await bring(rig, 'REFUND_PENDING')
      const { submissions: carriers } = fullIntent(scene)
      const refund: RefundProgress = {
        ...refundFor(scene),
        ...{ stage: 'MINED' as const, value: MAX, sinceBlock: MAX, validBefore: MAX, carriers },
        ...{ signature: `0x${'ab'.repeat(65)}` as const, attempts: 12, blockedReason: 'no gas 🧾' },
      }
      await moved(scene, 'REFUND_PENDING', 'REFUND_PENDING', { refund })
      await survives(scene, { refund })
      const end = { refundTxHash: word(9), refundedAt: new Date(rig.clock.nowMs() + 1) }
      await moved(scene, 'REFUND_PENDING', 'REFUNDED', end)
      await survives(scene, { refund, ...end })
    },
  },
  {
    law: 'values: the record a caller was handed cannot change the stored one',
    prove: (rig) =>
      untouched(rig, (record) => {
        attempt(() => Object.assign(record, { state: 'DELIVERED', version: 99 }))
      }),
  },
  {
    law: 'values: nor can what hangs from it: dates, intents and submissions',
    prove: (rig) =>
      untouched(rig, (record) => {
        const { expiresAt, intent } = record as { expiresAt: Date; intent: SettlementIntent }
        attempt(() => void expiresAt.setTime(0))
        attempt(() => void Object.assign(intent, { stage: 'VOID' }))
        attempt(() => void Object.assign(intent.authorization, { value: 0n }))
        attempt(() => void (intent.submissions as unknown[]).pop())
      }),
  },
  {
    law: 'values: nor can what a caller handed in and changed later',
    async prove(rig) {
      const scene = await open(rig)
      const intent = scene.payment.intent()
      await rig.store.reserve(scene.id, intent, { key: 'reserve' })
      const before = await read(scene)
      const expiresAtMs = before.expiresAt.getTime()
      Object.assign(intent, { stage: 'VOID' })
      const { base } = scene.minted
      base.expiresAt.setTime(0)
      expectSame((await read(scene)).intent?.stage, 'OPEN', 'the stored intent')
      expectSame((await read(scene)).expiresAt.getTime(), expiresAtMs, 'the stored deadline')
    },
  },
  {
    law: 'values: audit entries cannot be changed through what history hands out',
    async prove(rig) {
      const { id } = await bring(rig, 'PAID')
      const before = structuredClone(await rig.store.history(id))
      const entry = expectDefined((await rig.store.history(id))[0], 'an entry')
      attempt(() => void entry.at.setTime(0))
      attempt(() => void (entry.wrote as unknown[]).push('nothing'))
      attempt(() => void Object.assign(entry, { to: 'PAID' }))
      expectSame(await rig.store.history(id), before, 'the trail')
      expectSame(await rig.store.events(0, 100), before, 'the stream')
    },
  },
  {
    law: 'health: a working store says ok, and whether it is durable, with its problems in words',
    async prove({ store, peer }) {
      for (const one of [store, peer]) {
        const { ok, durable, problems } = await one.healthCheck()
        expectTrue(ok, 'a store that works is ok')
        expectTrue(typeof durable === 'boolean', 'it says whether it is durable')
        expectTrue(
          problems.every((text) => text.length > 0),
          'problems are sentences',
        )
        expectTrue(durable || problems.length > 0, 'one that is not durable says so in words')
      }
    },
  },
  {
    law: 'close: further calls are errors, and closing twice is not',
    async prove(rig) {
      const { id, minted } = await open(rig)
      await rig.store.close()
      await rig.store.close()
      const create = () => rig.store.create(minted.base, { key: 'k' })
      await expectRejects(create, 'creating')
      await expectRejects(() => rig.store.get(id), 'reading')
      await expectRejects(() => rig.store.due(new Date(), 1), 'asking what is due')
    },
  },
]

function shorten(text: string): string {
  return text.length > 24 ? `${text.slice(0, 6)}… (${text.length})` : JSON.stringify(text)
}
