import { expect, test } from 'vitest'
import { nameRoutes } from './nameRoutes.ts'

test('a route has a name that is an identifier, and nobody else’s', () => {
  const ids = ['GET /photos/:id', 'GET /photos/id', 'POST /files/*', '/', 'x'.repeat(64)]
  const names = [...nameRoutes(ids.map((routeId) => ({ routeId }))).values()]
  expect(names).toEqual([
    ...['get_photos_id', 'get_photos_id_2', 'post_files', 'route', 'x'.repeat(50)],
  ])
})
