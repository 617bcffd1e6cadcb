import { expect, test } from 'vitest'
import * as exports from './index.ts'

test('the public names of @key0/delivery', () => {
  expect(Object.keys(exports).sort()).toMatchInlineSnapshot(`
    [
      "createCallbackIssuer",
      "createDeliveries",
      "createDispatcher",
      "createNativeTokenIssuer",
      "createRemoteRevoker",
      "createRemoteTokenIssuer",
      "deliverReceipt",
      "deliveryStates",
      "digestChallenge",
      "isPublicHost",
      "isWebhookSecret",
      "noAuth",
      "notifyPayment",
      "oauthClientCredentialsAuth",
      "proxyTo",
      "sharedSecretAuth",
      "signedJwtAuth",
      "toPaid",
      "verifyWebhook",
      "watchHealth",
      "webhookEventTypes",
      "webhookSecretText",
    ]
  `)
})
