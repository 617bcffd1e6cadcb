import { createDispatcher } from '@key0/delivery'
import { serveMeasured } from '../serveMeasured.ts'
import { openPlace, type Place } from './place.ts'

export type DispatcherSettings = {
  readonly place: Place
  readonly webhook: string
  readonly secret: string
}

// A process that dispatches what others write.
const { place, webhook, secret } = JSON.parse(process.argv[2] ?? '{}') as DispatcherSettings
const { store, documents, ...opened } = openPlace(place)
const dispatcher = createDispatcher({
  ...{ store, documents, webhooks: [{ url: webhook, secret, networks: 'any' }] },
})
await dispatcher.open()
dispatcher.start()
serveMeasured(
  () => new Response(),
  async () => {
    await dispatcher[Symbol.asyncDispose]()
    await opened[Symbol.asyncDispose]()
  },
)
