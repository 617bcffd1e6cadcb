import type { ChallengeFields, State } from '@key0/core'
import { expectKind, expectSame } from '../assert.ts'
import type { Case, Rig } from '../Case.ts'
import {
  bring,
  grantFor,
  move,
  moved,
  open,
  read,
  refundFor,
  responseFor,
  type Scene,
  unwritten,
} from '../Scene.ts'

/** A legal move that this record's own data forbids: it loses and writes nothing. */
function refused(
  law: string,
  to: State,
  arrange: (rig: Rig) => Promise<Scene>,
  fields: (scene: Scene) => { readonly [name in keyof ChallengeFields]?: unknown } = () => ({}),
): Case {
  return {
    law: `guard: ${law}`,
    async prove(rig) {
      const scene = await arrange(rig)
      const { state } = await read(scene)
      await unwritten([scene], async () => {
        const outcome = await move(scene, state, to, fields(scene) as ChallengeFields)
        const { record } = expectKind(outcome, 'lost', `${state} to ${to}`)
        expectSame(record.state, state, 'the state the loser is shown')
      })
    },
  }
}

const reserved = async (rig: Rig): Promise<Scene> => {
  const scene = await open(rig)
  await rig.store.reserve(scene.id, scene.payment.intent(), { key: 'reserve' })
  return scene
}

const retried = async (rig: Rig): Promise<Scene> => {
  const scene = await bring(rig, 'REFUND_FAILED')
  await moved(scene, 'REFUND_FAILED', 'PAID', { refundError: undefined })
  return scene
}

const granted = async (rig: Rig): Promise<Scene> => {
  const scene = await bring(rig, 'PAID')
  await moved(scene, 'PAID', 'PAID', { accessGrant: grantFor(scene) })
  return scene
}

const answered = async (rig: Rig): Promise<Scene> => {
  const scene = await bring(rig, 'PAID')
  await moved(scene, 'PAID', 'PAID', { response: responseFor('paid') })
  return scene
}

const held = async (rig: Rig): Promise<Scene> => {
  const scene = await bring(rig, 'PAID')
  await moved(scene, 'PAID', 'PAID', { held: 'restored from a backup' })
  return scene
}

export const guardLaws: readonly Case[] = [
  refused('nothing expires while its settlement is under way', 'EXPIRED', reserved),
  refused('nothing is cancelled while its settlement is under way', 'CANCELLED', reserved),
  refused('nothing is delivered without a grant', 'DELIVERED', (rig) => bring(rig, 'PAID')),
  refused('a delivery that takes the grant away is no delivery', 'DELIVERED', granted, () => ({
    accessGrant: undefined,
  })),
  refused('a grant that was stored may have left and is never taken back', 'PAID', granted, () => ({
    accessGrant: undefined,
  })),
  refused(
    'what was once claimed for a refund is never delivered',
    'DELIVERED',
    retried,
    (scene) => ({
      accessGrant: grantFor(scene),
    }),
  ),
  refused('what was once claimed for a refund gets no grant', 'PAID', retried, (scene) => ({
    accessGrant: grantFor(scene),
  })),
  refused('a buyer who has the grant is not refunded', 'REFUND_PENDING', granted, (scene) => ({
    refund: refundFor(scene),
  })),
  refused(
    'a response that was stored may have left and is never taken back',
    'PAID',
    answered,
    () => ({
      response: undefined,
    }),
  ),
  refused('a delivery that takes the response away is no delivery', 'DELIVERED', answered, () => ({
    response: undefined,
  })),
  refused('what was once claimed for a refund gets no response', 'PAID', retried, () => ({
    response: responseFor('late'),
  })),
  refused('what was once claimed for a refund is never answered', 'DELIVERED', retried, () => ({
    response: responseFor('late'),
  })),
  refused('a buyer who has the response is not refunded', 'REFUND_PENDING', answered, (scene) => ({
    refund: refundFor(scene),
  })),
  refused('held money is not refunded', 'REFUND_PENDING', held, (scene) => ({
    refund: refundFor(scene),
  })),
  refused(
    'releasing held money and refunding it are two steps',
    'REFUND_PENDING',
    held,
    (scene) => ({
      refund: refundFor(scene),
      held: undefined,
    }),
  ),
  {
    law: 'guard: held money that was released can be refunded',
    async prove(rig) {
      const scene = await held(rig)
      await moved(scene, 'PAID', 'PAID', { held: undefined })
      await moved(scene, 'PAID', 'REFUND_PENDING', { refund: refundFor(scene) })
    },
  },
  {
    law: 'guard: a refund that an operator retries keeps its intent',
    async prove(rig) {
      const scene = await retried(rig)
      const { refund } = await read(scene)
      expectSame(refund, refundFor(scene), 'the refund of the record that is PAID again')
      await moved(scene, 'PAID', 'REFUND_PENDING')
      expectSame((await read(scene)).refund, refund, 'the refund that goes on')
    },
  },
  {
    law: 'guard: a challenge closes once its intent was proven VOID',
    async prove(rig) {
      for (const to of ['EXPIRED', 'CANCELLED'] as const) {
        const scene = await reserved(rig)
        const intent = scene.payment.intent({ stage: 'VOID' })
        await moved(scene, 'PENDING', 'PENDING', { intent })
        await moved(scene, 'PENDING', to)
      }
    },
  },
  {
    law: 'guard: grant and delivery may be stored in one step',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const accessGrant = grantFor(scene)
      const deliveredAt = new Date(rig.clock.nowMs())
      const record = await moved(scene, 'PAID', 'DELIVERED', { accessGrant, deliveredAt })
      expectSame(record.accessGrant, accessGrant, 'the grant')
    },
  },
  {
    law: 'guard: response and delivery may be stored in one step',
    async prove(rig) {
      const scene = await bring(rig, 'PAID')
      const response = responseFor('at once')
      const deliveredAt = new Date(rig.clock.nowMs())
      const record = await moved(scene, 'PAID', 'DELIVERED', { response, deliveredAt })
      expectSame(record.response, response, 'the response')
      expectSame((await read(scene)).response, response, 'the response read back')
    },
  },
  {
    law: 'guard: a stored grant is delivered later without being named again',
    async prove(rig) {
      const scene = await granted(rig)
      const deliveredAt = new Date(rig.clock.nowMs())
      const record = await moved(scene, 'PAID', 'DELIVERED', { deliveredAt })
      expectSame(record.accessGrant, grantFor(scene), 'the grant')
    },
  },
]
