import {
  type ChallengeFields,
  type findTransition,
  type Move,
  type Outcome,
  type State,
  states,
  writtenWithAny,
} from '@key0/core'
import { expectIllegal, expectKind, expectSame, expectTrue } from '../assert.ts'
import type { Case } from '../Case.ts'
import { word } from '../createMint.ts'
import {
  bring,
  grantFor,
  moved,
  read,
  refundFor,
  responseFor,
  type Scene,
  unwritten,
  usual,
} from '../Scene.ts'

type Row = NonNullable<ReturnType<typeof findTransition>>
type Fields = NonNullable<Move['fields']>
type Name = keyof ChallengeFields

/** What every filled cell of the grid promises. PENDING to PAID is made by `settle`. */
export function rowLaws(row: Row): readonly Case[] {
  const laws = [writes(row), refusesFields(row), loses(row), replays(row)]
  return isSettlement(row) ? laws : [...laws, removes(row)]
}

const nameOf = ({ from, to }: Row): string =>
  isSettlement({ from, to }) ? 'settle: PENDING to PAID' : `transition: ${from} to ${to}`

function isSettlement({ from, to }: Pick<Row, 'from' | 'to'>): boolean {
  return from === 'PENDING' && to === 'PAID'
}

/** Every field there is, with a value that the usual way to a state does not write. */
function samples(scene: Scene): Required<ChallengeFields> {
  const { rig, payment } = scene
  const at = (offsetMs: number): Date => new Date(rig.clock.nowMs() + offsetMs)
  const carrier = { via: 'facilitator', url: 'https://f.example', atMs: rig.clock.nowMs() } as const
  return {
    intent: payment.intent({ stage: 'PAID', submissions: [carrier] }),
    paymentRef: payment.paymentRef,
    txHash: word(0x5000_0000),
    paidAt: at(-11),
    fromAddress: '0xb0b0000000000000000000000000000000000000',
    paidBlock: { number: 7_777n, hash: word(0x5000_0001) },
    paymentFinal: false,
    lease: { holder: 'worker-1', untilMs: rig.clock.nowMs() + 30_000 },
    accessGrant: { ...grantFor(scene), resourceEndpoint: 'https://api.example/reports' },
    response: responseFor('stored'),
    deliveredAt: at(-7),
    refund: { ...refundFor(scene), stage: 'SENT', carriers: [carrier], attempts: 1 },
    refundTxHash: word(0x5000_0002),
    refundedAt: at(-5),
    refundError: 'asked a person',
    held: 'for review',
    releasedAt: at(-3),
    disposition: 'LATE',
    nextVisitAt: at(90_001),
  }
}

function pick(fields: Required<ChallengeFields>, names: readonly Name[]): Fields {
  return Object.fromEntries(names.map((name) => [name, fields[name]]))
}

function make(scene: Scene, { from, to }: Row, fields: Fields, key: string): Promise<Outcome> {
  const { rig, id, payment } = scene
  const attempt = { key, actor: 'law', reason: 'to see what is written' }
  if (!isSettlement({ from, to })) return rig.store.transition({ id, from, to, fields, ...attempt })
  const paid = { txHash: payment.txHash, ...(fields as ChallengeFields) }
  return rig.store.settle(id, payment.paymentRef, paid, attempt)
}

function writes(row: Row): Case {
  return {
    law: `${nameOf(row)} writes exactly its fields, one version and one audit entry`,
    async prove(rig) {
      const scene = await bring(rig, row.from)
      const before = await read(scene)
      const trail = await rig.store.history(scene.id)
      rig.clock.advance(1_234)
      const now = new Date(rig.clock.nowMs())
      const fields = pick(samples(scene), [...row.writes, ...writtenWithAny])
      const outcome = await make(scene, row, fields, 'once')
      const { record } = expectKind(outcome, 'applied', row.trigger)
      const after = { ...before, ...fields, state: row.to, version: before.version + 1 }
      expectSame(record, { ...after, updatedAt: now }, 'the record in the outcome')
      expectSame(await rig.store.get(scene.id), record, 'the record read back')
      expectSame(await rig.peer.get(scene.id), record, 'the record the peer reads')
      const [entry, ...more] = (await rig.peer.history(scene.id)).slice(trail.length)
      expectTrue(entry !== undefined && more.length === 0, 'there is one more audit entry')
      const { sequence: _, wrote, ...rest } = entry
      expectSame(
        rest,
        {
          ...{ challengeId: scene.id, version: record.version, from: row.from, to: row.to },
          ...{ key: 'once', at: now, actor: 'law', reason: 'to see what is written' },
        },
        'the audit entry',
      )
      expectSame(wrote.toSorted(), Object.keys(fields).toSorted(), 'the names of what was written')
    },
  }
}

function refusesFields(row: Row): Case {
  return {
    law: `${nameOf(row)} refuses every field that its row does not name`,
    async prove(rig) {
      const scene = await bring(rig, row.from)
      const allowed: readonly string[] = [...row.writes, ...writtenWithAny]
      const all = { ...samples(scene), state: 'PAID', version: 99, amountRaw: 1n, scope: 'other' }
      const foreign = Object.entries(all).filter(([name]) => !allowed.includes(name))
      await unwritten([scene], async () => {
        for (const [name, value] of foreign)
          await expectIllegal(
            make(scene, row, { [name]: value }, `with-${name}`),
            `${row.from} to ${row.to} writing ${name}`,
          )
      })
    },
  }
}

function loses(row: Row): Case {
  return {
    law: `${nameOf(row)} loses in every other state, and says where the record is`,
    async prove(rig) {
      for (const state of states.filter((other) => other !== row.from)) {
        const brought = await bring(rig, state)
        // Another payment, or settling again would rightly be a replay.
        const scene = isSettlement(row) ? { ...brought, payment: brought.minted.pay() } : brought
        await unwritten([brought, scene], async () => {
          const outcome = await make(scene, row, {}, 'late')
          const { record } = expectKind(outcome, 'lost', `${row.from} to ${row.to} from ${state}`)
          expectSame(record, await rig.store.get(scene.id), 'the record a loser is shown')
        })
      }
    },
  }
}

function replays(row: Row): Case {
  return {
    law: `${nameOf(row)} replays for the same key, and writes nothing again`,
    async prove(rig) {
      const scene = await bring(rig, row.from)
      const fields = pick(samples(scene), row.writes)
      const first = await make(scene, row, fields, 'once')
      const { record } = expectKind(first, 'applied', 'the first call')
      await unwritten([scene], async () => {
        for (const store of [rig.store, rig.peer]) {
          const again = await make({ ...scene, rig: { ...rig, store } }, row, fields, 'once')
          expectSame(expectKind(again, 'replayed', 'the same call again').record, record, 'it')
        }
      })
    },
  }
}

const removable: ReadonlySet<Name> = new Set<Name>([
  ...(['lease', 'intent', 'paidBlock', 'refundError', 'held', 'nextVisitAt'] as const),
])
const unpaid = ['txHash', 'paidAt', 'fromAddress', 'paymentRef'] as const

/** Gives a record what a later move can take away. */
async function dress(scene: Scene, from: State, to: State): Promise<void> {
  const { lease, held, nextVisitAt } = samples(scene)
  const intent = scene.payment.intent({ stage: 'VOID' })
  // Held money cannot be claimed for a refund, so that row shows it with the lease alone.
  const extra = to === 'REFUND_PENDING' && from === 'PAID' ? {} : { held }
  if (from === 'PENDING') await moved(scene, from, from, { intent, held, nextVisitAt })
  if (from === 'PAID') await moved(scene, from, from, { lease, nextVisitAt, ...extra })
  if (from === 'REFUND_PENDING') await moved(scene, from, from, { held, nextVisitAt })
}

function removes(row: Row): Case {
  return {
    law: `${nameOf(row)} removes a field that is set to undefined`,
    async prove(rig) {
      const scene = await bring(rig, row.from)
      await dress(scene, row.from, row.to)
      const before = await read(scene)
      const reorg = row.from === 'PAID' && row.to === 'PENDING'
      const names = ([...row.writes, ...writtenWithAny] as const).filter(
        (name) => before[name] !== undefined && (removable.has(name) || reorg),
      )
      expectTrue(names.length > 0, 'there is something to remove')
      if (reorg)
        expectTrue(
          unpaid.every((name) => names.includes(name)),
          'all of the payment goes',
        )
      const gone = Object.fromEntries(names.map((name) => [name, undefined]))
      const fields = { ...usual(scene, row.to), ...gone }
      const record = await moved(scene, row.from, row.to, fields)
      const seen = [record, await read(scene), await rig.peer.get(scene.id)]
      for (const one of seen)
        for (const name of names)
          expectTrue(one !== undefined && !(name in one), `${name} is gone, not just undefined`)
      const entry = (await rig.store.history(scene.id)).at(-1)
      expectSame(
        entry?.wrote.toSorted(),
        Object.keys(fields).toSorted(),
        'a removal is named as a write',
      )
    },
  }
}
