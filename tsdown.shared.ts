import { defineConfig, type UserConfig } from 'tsdown'

/** One build for every package: ESM with types, unbundled dependencies, one file an entry. */
export const build = (entry: string[]): UserConfig =>
  defineConfig({
    entry,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    dts: { oxc: true },
    sourcemap: true,
    clean: true,
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  }) as UserConfig
