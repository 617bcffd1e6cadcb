import { createDispatcher } from '@key0/delivery'
import { type DispatchedPlace, openDispatched } from './openDispatched.ts'

/** What the process is told by its first argument, as JSON. */
export type DispatcherOrder = {
  readonly place: DispatchedPlace
  readonly webhook: string
  readonly secret: string
}

// A process that dispatches until it is killed.
const { place, webhook, secret } = JSON.parse(process.argv[2] ?? '{}') as DispatcherOrder
const { store, documents } = openDispatched(place)
const dispatcher = createDispatcher({
  ...{ store, documents, intervalMs: 20, backoffMs: 50, leaseMs: 500 },
  webhooks: [{ url: webhook, secret, networks: 'any', timeoutMs: 200 }],
})
await dispatcher.open()
dispatcher.start()
console.log('dispatching')
