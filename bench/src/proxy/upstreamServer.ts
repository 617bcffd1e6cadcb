import { serveMeasured } from '../serveMeasured.ts'

/** What stands behind both proxies: a kilobyte of JSON, at no cost. */
const body = JSON.stringify({ text: 'x'.repeat(1_000) })
const headers = { 'content-type': 'application/json', 'content-length': `${body.length}` }

serveMeasured(() => new Response(body, { headers }))
