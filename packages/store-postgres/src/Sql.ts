/**
 * What the stores need of a driver: a tagged template that sends one statement, its values apart
 * from its text, and resolves with the rows. An instance of postgres.js is one. Every value sent
 * is a text or null, and every answer is read from one text column, so no setting of the driver
 * (its types, its `transform`, `prepare: false`) changes what is stored or read.
 */
export type Sql = (
  strings: TemplateStringsArray,
  ...values: readonly (string | null)[]
) => PromiseLike<readonly object[]>

/** The statement as a template would hand it over. */
export function toTemplate(parts: readonly string[]): TemplateStringsArray {
  return Object.assign([...parts], { raw: parts })
}
