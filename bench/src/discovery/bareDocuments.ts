import { Hono } from 'hono'
import { serveMeasured } from '../serveMeasured.ts'

/*
 * What a seller would write whose documents are texts already: the same bytes and the same headers,
 * each at its own path, and nothing else.
 */

export type BareDocuments = Readonly<
  Record<string, { readonly text: string; readonly headers: Readonly<Record<string, string>> }>
>

const documents = JSON.parse(process.argv[2] ?? '{}') as BareDocuments
const app = new Hono()
for (const [path, { text, headers }] of Object.entries(documents))
  app.get(path, () => new Response(text, { headers }))

serveMeasured(app.fetch)
