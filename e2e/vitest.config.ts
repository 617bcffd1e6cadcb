import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { shared } from '../vitest.shared.ts'

// Most of a test here is waiting for servers: two files at once keep two cores busy.
const config: ViteUserConfig = defineConfig({
  ...shared,
  test: { ...shared.test, maxWorkers: 2 },
})

export default config
