/** Reads one variable; an empty one counts as not set. */
export function readEnvironment(name: string): string | undefined {
  // biome-ignore lint/style/noProcessEnv: this package is for tests, which are configured by it.
  return process.env[name] || undefined
}
