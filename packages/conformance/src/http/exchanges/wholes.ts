import type { Exchange, Expected, SentRequest } from '../Exchange.ts'
import { get, paid, priced, receipt } from './sales.ts'

type Asking = readonly [what: string, ...headers: (readonly [name: string, value: string])[]]

/** Ways in which a client asks for less than the whole, because of what it has. */
const askings: readonly Asking[] = [
  ['a part', ['range', 'bytes=2-3']],
  ['a part of the version that it has', ['range', 'bytes=2-3'], ['if-range', '"1"']],
  ['a part of a version that is gone', ['range', 'bytes=2-3'], ['if-range', '"0"']],
  ['what has changed, by its tag', ['if-none-match', '"1"']],
  ['what has changed, by its date', ['if-modified-since', 'Fri, 02 Jan 2026 00:00:00 GMT']],
  ['a version that is gone', ['if-match', '"0"']],
  ['what is older than it', ['if-unmodified-since', 'Wed, 31 Dec 2025 00:00:00 GMT']],
]

/** A paid answer is whole and stays what it was: each repeat gets it, whatever it asks for. */
export function wholesAt(family: string, path: string, whole: Expected): readonly Exchange[] {
  const sold: Expected = { ...whole, status: 200, decoded: receipt }
  return askings.map(([what, ...headers]): Exchange => {
    const asking: SentRequest = get(path, { headers })
    return {
      name: `${family}: who pays and asks for ${what} gets the whole, and gets it again`,
      steps: [
        priced(asking),
        {
          send: paid(asking),
          expect: {
            ...sold,
            headers: { 'accept-ranges': 'none', 'content-range': { $is: 'absent' } },
          },
        },
        { send: paid(get(path)), expect: sold },
        { send: paid(get(path, { headers: [['range', 'bytes=5-6']] })), expect: sold },
      ],
      transfers: 1,
    }
  })
}
