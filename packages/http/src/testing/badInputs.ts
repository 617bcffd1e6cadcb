import type { BadInput } from './BadInput.ts'
import { foreignOffers, malformedPayments, wrongAuthorizations } from './badPayments.ts'
import { badBodies, badIds } from './badRequests.ts'
import { unreadablePayments } from './unreadablePayments.ts'
import { v1Payments } from './v1Payments.ts'

/** Every bad input there is, for any test that can make a valid request to spoil. */
export const badInputs: readonly BadInput[] = [
  ...unreadablePayments,
  ...malformedPayments,
  ...foreignOffers,
  ...wrongAuthorizations,
  ...badBodies,
  ...badIds,
  ...v1Payments,
]
