import { defineConfig, type ViteUserConfig } from 'vitest/config'

/*
 * The whole repository in one run, so that there is one result. Each project keeps its own
 * settings (`vitest run` inside a package does the same as here); workers are shared by all.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: ['{packages,apps,examples}/*/vitest.config.ts', '{e2e,scripts}/vitest.config.ts'],
  },
})

export default config
