import { expect, test } from 'vitest'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { isSecretRequestId } from './issue.ts'

const uuid = '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11'
const digits = uuid.replaceAll('-', '')

test.each([
  ['a random UUID', uuid, true],
  ['its digits', digits, true],
  ['its digits behind a prefix, as the reference clients write it', `pay_${digits}`, true],
  ['the whole behind a prefix', `order-${uuid}`, true],
  ['in capitals', uuid.toUpperCase(), true],
  ['a counter', 'order-0000000000000017', false],
  ['a UUID of another version', uuid.replace('-4c', '-1c'), false],
  ['half its dashes', uuid.replace('-', ''), false],
  ['more digits than a UUID', `ab${digits}`, false],
  ['an id made of a payment', `auth-84532-${'a'.repeat(40)}-${digits}${digits}`, false],
  ['an id made of a payment to the last digit', `auth-84532-${digits}${digits}`, false],
])('%s', (_, id, secret) => {
  expect(isSecretRequestId(id)).toBe(secret)
})

test('an offer taken under a name of its buyer’s keeps its terms, and the name finds it again', async () => {
  const world = createTestContext()
  const { engine } = world
  const named = 'the-name-of-a-purchase'
  const challenge = await createBuyer(world).issue(engine)
  world.clock.advance(30_000)
  const first = await engine.offerAs(challenge, { requestId: named })
  expect(first.mayKnowId).toBe(true)
  expect(first.challenge).toMatchObject({
    ...{ requestId: named, amountRaw: challenge.amountRaw, expiresAt: challenge.expiresAt },
    ...{ createdAt: challenge.createdAt, planId: challenge.planId, scope: challenge.scope },
  })
  expect(first.challenge.challengeId).not.toBe(challenge.challengeId)
  const again = await engine.offerAs(challenge, { requestId: named })
  expect(again).toMatchObject({ mayKnowId: false })
  expect(again.challenge.challengeId).toBe(first.challenge.challengeId)
  const other = await engine.issue({ planId: 'plus', clientAgentId: challenge.clientAgentId })
  await expect(engine.offerAs(other, { requestId: named })).rejects.toMatchObject({
    code: 'REQUEST_CONFLICT',
  })
  await expect(engine.offerAs(challenge, { requestId: 'short' })).rejects.toMatchObject({
    code: 'REQUEST_MALFORMED',
  })
})
