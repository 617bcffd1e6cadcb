#!/usr/bin/env node
import { isModern } from '@key0/app-kit/relaunch'

if (isModern(process.versions.node)) {
  // Loaded late: an older Node could not even read it, and would say so in its own words.
  const { run } = await import('./run.ts')
  await run(process.argv.slice(2))
} else {
  process.stderr.write(`key0 needs Node 24 or newer; this is ${process.versions.node}.\n`)
  process.exitCode = 1
}
