/** What JSON can hold. Exchanges are made of nothing else, so any language could run them. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json }

/**
 * A conversation with a server and how it must go. Text of the form `{{name}}` stands for what an
 * earlier step kept under that name.
 */
export type Exchange = {
  /** Family, colon, the promise as a sentence. Stable: exceptions refer to it. */
  readonly name: string
  /** What a server must offer besides Key0's own paths, if anything. */
  readonly needs?: Feature
  readonly steps: readonly Step[]
  /** How many transfers have reached the seller by the end. Default 0. */
  readonly transfers?: number
}

/**
 * What a server may offer besides Key0's own paths:
 *
 * - `tokens`: `GET /reports/1` opens for an access token of the plan `basic`, answers
 *   `{ paidBy: <its txHash> }`; `GET /gold/1` opens for one of the plan `gold`.
 * - `catalog`: the routes of the world's catalog, answered by the world's `resources` with
 *   `{ asked, body }`, or with less where conditions or a range ask for it: `GET /photos/:id` at $0.10, `POST /prints` at $0.30, `GET` and `POST /free` for
 *   nothing. Not beside `routes`, which sells other requests at the same paths.
 * - `app`: paths of the server's own around Key0's: `GET /health` answers `{ ok: true }`, and
 *   `POST /echo` answers `{ got: <the JSON it was sent> }`.
 * - `routes`: requests that are sold one by one and answered by handlers of the server's own.
 *   `GET /photos/:id` at $0.10 answers `{ id, served }` with a header `x-photo: <id>`, where `served`
 *   counts how often the handler ran; `POST /resize` at $0.20 answers `{ got: <its JSON> }`; and at
 *   $0.10 `POST /form` answers `{ got: { <name>: <value> } }` of its form, `GET /file` what `answerFile`
 *   does, `GET /bytes` answers the bytes from 0 to 255 as `application/octet-stream`, `GET /events`
 *   the server-sent events `one` and `two`, `/any` whatever its method is `{ any: true }`, `GET /moved` a 302 with a `location`, and `GET /broken`
 *   a 500 with a header `x-broken` and a body that says `secret`.
 * - `writes`: requests at $0.10 whose handlers write to a response of Node's. After its first bytes,
 *   `GET /cut` destroys the response, `GET /spoilt` hands an error to the framework, `GET /excused`
 *   has one answered with a page of its own, and `GET /left` says 102, waits for the client to hang
 *   up, and pipes the rest of `{ whole: true, served }`.
 */
export type Feature = 'tokens' | 'catalog' | 'app' | 'routes' | 'writes'

export type Step = Sent | Left | { readonly world: WorldEvent }

/** A request whose client hangs up as soon as a 102 tells it that its handler runs. */
export type Left = { readonly leave: SentRequest }

export type Sent = {
  readonly send: SentRequest
  /** Sends it so many times at once; every answer must be as expected, and all bodies the same. */
  readonly times?: number
  readonly expect: Expected
  /** Keeps parts of the answer for later steps. */
  readonly keep?: Readonly<Record<string, Source>>
}

export type SentRequest = {
  readonly method: string
  /** The request target as it stands on the wire, with its query. */
  readonly path: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** A body of JSON, sent with its content type. */
  readonly json?: Json
  /** A body as text; the content type is the headers' affair. */
  readonly text?: string
  /** Sends the body in pieces, without announcing its length. */
  readonly chunked?: true
  readonly payment?: SentPayment
  /** Presents a transfer of the buyer's own, as base64 JSON in `PAYMENT-PROOF`. */
  readonly proof?: Json
}

/** A payment signed by a buyer whose funds are on the chain behind the server. */
export type SentPayment = {
  /** The name under which a 402's `PAYMENT-REQUIRED` was kept. */
  readonly for: string
  readonly by?: 'buyer' | 'stranger'
  /** Two hex digits that fill the nonce. Default `07`: the same authorization every time. */
  readonly nonce?: string
  readonly header?: 'PAYMENT-SIGNATURE' | 'X-PAYMENT'
  /** Default `base64`, with padding. */
  readonly encoding?: 'base64' | 'base64url'
  /** Puts values at paths of the signed message, such as `accepted.amount`. */
  readonly change?: Readonly<Record<string, Json>>
}

/** What happens to the world between two requests. */
export type WorldEvent =
  | { readonly does: 'issuer'; readonly mood: 'issue' | 'fail' }
  | { readonly does: 'chain'; readonly mood: 'answers' | 'silent' }
  | { readonly does: 'time'; readonly passesMs: number }
  /** The buyer sends USDC to the seller by hand; the transaction's hash is kept. */
  | { readonly does: 'transfer'; readonly value: string; readonly keep: string }
  /** The payer signs for a transfer it made. */
  | {
      readonly does: 'sign'
      readonly challenge: string
      readonly transaction: string
      readonly by?: 'buyer' | 'stranger'
      readonly keep: string
    }

/** Where in an answer something is. `decoded`: a header of base64 JSON. `body`: `$` and keys. */
export type Source =
  | { readonly header: string }
  | { readonly decoded: string }
  | { readonly body: string }

export type Expected = {
  readonly status: Match
  readonly headers?: Readonly<Record<string, Match>>
  /** Headers of base64 JSON. */
  readonly decoded?: Readonly<Record<string, Match>>
  /** The body as JSON. */
  readonly body?: Match
  /** The body as text. */
  readonly text?: Match
  /** The body's bytes in base64. */
  readonly base64?: string
}

/**
 * What a value must be. Plain JSON means itself, an object may hold more than its match names, and
 * an object with one key of these means:
 *
 * - `$has`, `$lacks`: the value as text has, or lacks, this text.
 * - `$like`: the value as text is like this regular expression.
 * - `$is: 'absent'`, `$is: 'present'`.
 */
export type Match = Json
