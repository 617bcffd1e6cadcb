import { createRequire } from 'node:module'
import { SandboxError } from '../SandboxError.ts'

const platforms: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-amd64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-amd64',
  'win32-x64': 'win32-amd64',
}

/**
 * Finds the native anvil that came with `@foundry-rs/anvil`. The binary is in a package that only
 * that one depends on, so it is looked up from there: under pnpm nobody else can see it. PATH is
 * not consulted, because an anvil of another version behaves differently.
 *
 * @throws {SandboxError} `anvil_not_found` when the platform has none or it was not installed.
 */
export function findAnvil(
  platform: string = process.platform,
  arch: string = process.arch,
): string {
  const suffix = platforms[`${platform}-${arch}`]
  if (suffix === undefined) {
    throw new SandboxError(
      'anvil_not_found',
      `@foundry-rs/anvil ships no binary for ${platform}-${arch} (it does for ` +
        `${Object.keys(platforms).join(', ')})`,
    )
  }
  const name = `@foundry-rs/anvil-${suffix}`
  const file = platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    const here = createRequire(import.meta.url)
    const there = createRequire(here.resolve('@foundry-rs/anvil/package.json'))
    return there.resolve(`${name}/bin/${file}`)
  } catch (cause) {
    throw new SandboxError(
      'anvil_not_found',
      `the package ${name} is not installed. It is an optional dependency of @foundry-rs/anvil: ` +
        'install again without --no-optional (pnpm, npm) or --ignore-optional (yarn), and on this ' +
        'platform, not from a lockfile or node_modules folder made on another',
      { cause },
    )
  }
}
