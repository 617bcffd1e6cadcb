/** JSON in which integers of any size are strings and instants are ISO 8601. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, (_, it: unknown) => (typeof it === 'bigint' ? `${it}` : it), 2)
}
