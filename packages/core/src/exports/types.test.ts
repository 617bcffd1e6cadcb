import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The names of the types that an entry exports, read from its source: they have no runtime. */
function typesOf(entry: string): string {
  const source = readFileSync(new URL(`./${entry}.ts`, import.meta.url), 'utf8')
  const lists = [...source.matchAll(/^export (type )?\{([^}]*)\}/gm)]
  const names = lists.flatMap(([, whole, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (whole || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '')),
  )
  return names.toSorted().join('\n')
}

test('the types of @key0/core', () => {
  expect(typesOf('index')).toMatchInlineSnapshot(`
    "AccessGrant
    AccessRequest
    Accounted
    AccountingContext
    Address
    AfterRestore
    AfterRestoreQuery
    Attempt
    AuditEntry
    Authorization
    AuthorizationQuery
    Backend
    BreakCause
    Catalog
    CatalogRoute
    Chain
    ChallengeBase
    ChallengeFields
    ChallengeRecord
    ChallengeStore
    Claimed
    Clock
    Continued
    Continuity
    ContinuityWatch
    Credential
    CredentialIssuer
    CredentialRequest
    DebtState
    Delivered
    DeliveredResource
    Disposition
    DocumentStore
    Engine
    EngineContext
    EngineEvent
    EngineSettings
    ErrorCode
    Fence
    FenceContext
    FetchResource
    Finality
    FreeRoute
    Hash
    Head
    Heartbeat
    Hex
    IChallengeStore
    ISeenTxStore
    Inspected
    Issued
    Journal
    Key0ErrorOptions
    Looked
    ManualRefund
    Money
    MoneyKind
    MoneyList
    MoneyQuery
    Move
    NamedDocument
    Observe
    Offer
    Offered
    OpenCap
    OpenLimits
    OperatorContext
    Order
    Outcome
    PayerProof
    PaymentClaim
    PaymentEvidence
    PaymentRef
    Payout
    PayoutObstacle
    Plan
    PresentedPayment
    PresentedTransfer
    PricedPlan
    PricedRoute
    PublicRecord
    ReceiptPayload
    ReceiptSigner
    RecordKind
    Recovered
    RefundBudget
    RefundCap
    RefundCaps
    RefundContext
    RefundPlan
    RefundProgress
    RefundStatus
    RefundSwitch
    RefundedNow
    Remembered
    Resource
    ResourceRequest
    Retention
    Retry
    RevocationRequest
    Revoker
    Route
    RouteMatch
    RouteRequest
    RouteTerms
    SafeToSweep
    SeenTxStore
    SellerPair
    ServeRequest
    Served
    SettlementIntent
    Settler
    Sighting
    SignedAuthorization
    SignedReceipt
    State
    StoreHealth
    StoredResponse
    Submission
    Submitted
    Swapped
    TransferQuery
    TransfersQuery
    Verification
    Wallet"
  `)
})

test('the types of @key0/core/local', () => {
  expect(typesOf('local')).toMatchInlineSnapshot(`
    "EncodedRecord
    LocalStoreOptions
    RecordIndex
    Tables
    WitnessCell"
  `)
})

test('the types of @key0/core/memory', () => {
  expect(typesOf('memory')).toMatchInlineSnapshot(`""`)
})

test('the types of @key0/core/testing', () => {
  expect(typesOf('testing')).toMatchInlineSnapshot(`
    "Answer
    Buyer
    Campaign
    CarrierMood
    Client
    FakeCall
    FakeCarrier
    FakeChain
    FakeClock
    FakeIssuer
    FakeLedger
    FakeNonce
    FakePayout
    FakeProcess
    FakeSettler
    FakeTransaction
    FakeTransfer
    Fault
    FaultKind
    Faults
    Flow
    IssuerMood
    Received
    Run
    TestProcess
    TestWorld"
  `)
})
