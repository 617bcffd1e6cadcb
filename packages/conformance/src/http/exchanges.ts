import type { Exchange } from './Exchange.ts'
import { badPayments } from './exchanges/badPayments.ts'
import { catalog } from './exchanges/catalog.ts'
import { offers } from './exchanges/offers.ts'
import { apps, discovery, proofs, tokens } from './exchanges/others.ts'
import { payments } from './exchanges/payments.ts'
import { requests } from './exchanges/requests.ts'
import { routes } from './exchanges/routes.ts'
import { version1 } from './exchanges/version1.ts'

/** Every exchange, in the order in which a newcomer should make them pass. */
export const exchanges: readonly Exchange[] = [
  ...offers,
  ...payments,
  ...badPayments,
  ...version1,
  ...requests,
  ...proofs,
  ...discovery,
  ...routes,
  ...catalog,
  ...tokens,
  ...apps,
]
