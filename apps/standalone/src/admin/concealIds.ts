import { digestId, toJson } from '@key0/app-kit'

/**
 * JSON in which a challenge is named as in log lines, by a digest. Whoever knows its id could ask
 * for what was bought, and what goes over a network ends in histories and logs of others. What
 * comes behind an id, up to the next one, does not repeat it either.
 */
export function concealIds(data: unknown): string {
  let last: string | undefined
  const concealed = JSON.parse(toJson(data), (name, value: unknown) => {
    if (typeof value !== 'string') return value
    if (name === 'challengeId') last = value
    return last === undefined ? value : value.replaceAll(last, digestId(last))
  })
  return JSON.stringify(concealed, null, 2)
}
