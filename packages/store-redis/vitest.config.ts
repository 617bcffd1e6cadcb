import { mergeConfig, type ViteUserConfig } from 'vitest/config'
import { shared } from '../../vitest.shared.ts'

const config: ViteUserConfig = mergeConfig(shared, {
  test: { globalSetup: ['test/shareRedis.ts'] },
  // What is set up once for all files is resolved apart from them: from sources as well.
  environments: { __vitest__: { resolve: shared.resolve ?? {} } },
})

export default config
