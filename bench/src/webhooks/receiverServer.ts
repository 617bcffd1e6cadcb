import { serveMeasured } from '../serveMeasured.ts'

// A receiver that takes everything, and tells how many different events it has. Told to, it fails.
const known = new Set<string | null>()
let isDown = false
serveMeasured((request) => {
  const { pathname } = new URL(request.url)
  if (pathname === '/count') return new Response(`${known.size}`)
  if (pathname === '/down' || pathname === '/up') {
    isDown = pathname === '/down'
    return new Response()
  }
  if (isDown) return new Response(null, { status: 503 })
  known.add(request.headers.get('webhook-id'))
  return new Response(null, { status: 204 })
})
