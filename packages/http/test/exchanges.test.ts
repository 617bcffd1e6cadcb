import { createAdaptorServer } from '@hono/node-server'
import { createHttpWorld, httpConformance, listen } from '@key0/conformance/http'
import { test } from 'vitest'
import { createHttpHandler } from '../src/exports/index.ts'

httpConformance({
  test,
  async rig() {
    const world = createHttpWorld()
    const { engine, seller } = world
    const fetch = createHttpHandler({ engine, seller })
    return {
      world,
      ...(await listen(createAdaptorServer({ fetch, overrideGlobalObjects: false }))),
    }
  },
})
