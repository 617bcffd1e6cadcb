import { fileURLToPath } from 'node:url'
import { endWithParent, isModern, relaunch } from '@key0/app-kit/relaunch'

if (isModern(process.versions.node)) {
  endWithParent()
  // Loaded late: an older Node could not even read it, and would say so in its own words.
  const { run } = await import('./run.ts')
  await run()
} else relaunch(fileURLToPath(import.meta.url))
