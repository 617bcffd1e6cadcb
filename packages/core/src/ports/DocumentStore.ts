/** What a swap did. A boolean could not tell a lost reply from a lost race. */
export type Swapped =
  /** This call did it. */
  | { readonly kind: 'applied' }
  /** What was to be written stands there already: an earlier reply was lost. Go on as if applied. */
  | { readonly kind: 'replayed' }
  /** Something else stands there. Nothing was written. */
  | { readonly kind: 'lost'; readonly text: string | undefined }

export type NamedDocument = { readonly name: string; readonly text: string }

/**
 * Small texts that several processes agree on, each read and swapped whole: how far notifications
 * are delivered, and what became of each. They are kept beside the challenges, so that what a
 * crash or a restore does to one it does to the other.
 *
 * A name is 1 to 200 of `a-z0-9/_.:-`; a text is well-formed Unicode without U+0000, such as
 * JSON. Writers put something of their own into what they write (a holder, a counter): two equal
 * texts are the same write.
 */
export interface DocumentStore {
  get(name: string): Promise<string | undefined>

  /**
   * Puts `after` in the place of exactly `before`; `undefined` is nothing, before and after. Of
   * any number of callers with one `before` and texts of their own exactly one sees `applied`.
   */
  swap(name: string, before: string | undefined, after: string | undefined): Promise<Swapped>

  /** Those whose name begins with `prefix` and comes behind `after`, by name, at most `limit`. */
  list(
    prefix: string,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly NamedDocument[]>
}
