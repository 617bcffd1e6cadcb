import { defaultRetention, type Resource, type StoredResponse } from '@key0/core'
import { expectDefined, expectSame } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import { word } from '../createMint.ts'
import { moved, open, read, type Scene, settled } from '../Scene.ts'

const allBytes = btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte)))

const bought: Resource = {
  method: 'POST',
  path: '/v1/caf%C3%A9/%F0%9F%A7%BE;v=1',
  query: 'q=%22x%22&$int=7&__proto__=1',
  bodyDigest: word(7),
}

/** Both connections read back exactly this. */
async function holds(
  { rig, id }: Scene,
  fields: { readonly resource?: Resource; readonly response?: StoredResponse },
): Promise<void> {
  for (const store of [rig.store, rig.peer]) {
    const record = expectDefined(await store.get(id), 'the record')
    for (const [name, value] of Object.entries(fields))
      expectSame(record[name as keyof typeof fields], value, name)
  }
}

async function sell(rig: Rig): Promise<Scene> {
  const scene = await open(rig, { resource: bought })
  await settled(scene)
  return scene
}

function keeps(what: string, response: StoredResponse): Case {
  return {
    law: `resource: ${what}`,
    async prove(rig) {
      const scene = await sell(rig)
      const deliveredAt = new Date(rig.clock.nowMs())
      const record = await moved(scene, 'PAID', 'DELIVERED', { response, deliveredAt })
      expectSame(record.response, response, 'the response in the outcome')
      await holds(scene, { resource: bought, response })
    },
  }
}

/** What selling single requests asks of a store beside what it asks for plans. */
export const resourceLaws: readonly Case[] = [
  {
    law: 'resource: the request that is sold survives creation, payment and refund',
    async prove(rig) {
      const scene = await open(rig, { resource: bought })
      await holds(scene, { resource: bought })
      await settled(scene)
      await holds(scene, { resource: bought })
      await moved(scene, 'PAID', 'REFUND_PENDING', {})
      await holds(scene, { resource: bought })
    },
  },
  {
    law: 'resource: a request without query and body survives as one without',
    async prove(rig) {
      const resource = { method: 'GET', path: '/', query: '' }
      await holds(await open(rig, { resource }), { resource })
    },
  },
  {
    law: 'resource: a challenge for a plan has none, and gets none when it is created again',
    async prove(rig) {
      const { minted } = await open(rig)
      const { resource: _, ...base } = minted.base
      await rig.store.create({ ...base, resource: bought }, { key: 'again' })
      const record = await read({ rig, id: minted.base.challengeId })
      expectSame('resource' in record, false, 'whether it has one')
    },
  },
  keeps('a response of every byte there is', {
    status: 200,
    headers: [
      ['content-type', 'application/octet-stream'],
      ['set-cookie', 'a="1"; Path=/'],
      ['set-cookie', 'b=2'],
      ['x-latin', '\u00e9\u00ff'],
    ],
    body: allBytes,
  }),
  keeps('a response of half a megabyte', {
    status: 206,
    headers: [],
    body: allBytes.slice(0, 340).repeat(2_000),
  }),
  keeps('a response without a body', { status: 204, headers: [], body: '' }),
  keeps('a stream, of which only the head is kept', {
    status: 200,
    headers: [['content-type', 'text/event-stream']],
  }),
  {
    law: 'resource: a stored response is kept as long as a grant, to the millisecond',
    async prove(rig) {
      const scene = await sell(rig)
      const response = { status: 200, headers: [], body: '' }
      await moved(scene, 'PAID', 'DELIVERED', {
        response,
        deliveredAt: new Date(rig.clock.nowMs()),
      })
      rig.clock.advance(defaultRetention.deliveredTTLSeconds * 1000 - 1)
      await holds(scene, { response })
      rig.clock.advance(1)
      expectSame(await rig.peer.get(scene.id), undefined, 'the record when its time is over')
    },
  },
]
