import type { ViteUserConfig } from 'vitest/config'

/**
 * Tests read the packages' sources, never their builds: a change is seen by every test at once,
 * and nothing has to be built first.
 */
export const shared: ViteUserConfig = {
  // `import` and `default` hold anyway; named here, Node would take them for `require` as well.
  ssr: { resolve: { conditions: ['@key0/source', 'node'] } },
  resolve: { conditions: ['@key0/source', 'node'] },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A project takes none of the root's settings. Many tests run servers of their own beside them,
    // so more workers than cores only queue up.
    maxWorkers: 2,
  },
}
