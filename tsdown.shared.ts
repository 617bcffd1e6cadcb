import { basename } from 'node:path'
import { defineConfig, type UserConfig } from 'tsdown'

/**
 * One build for every package: ESM with types, dependencies left outside. Each entry becomes one
 * file in `dist` under its own name, whatever folder it comes from.
 */
export const build = (entries: readonly string[]): UserConfig =>
  defineConfig({
    entry: Object.fromEntries(entries.map((entry) => [basename(entry, '.ts'), entry])),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    dts: { oxc: true },
    sourcemap: true,
    clean: true,
    outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
  }) as UserConfig
