import { nameOf, type RawConfig, type Setting } from './env.ts'

/** Reads settings one by one and collects every mistake, so that they are fixed in one go. */
export type Reader = {
  readonly problems: string[]
  /** A mistake of a setting; the message follows its name. */
  fault(setting: Setting, message: string): void
  has(setting: Setting): boolean
  text(setting: Setting): string | undefined
  text(setting: Setting, fallback: string): string
  int(setting: Setting, fallback: number, range: { min: number; max: number }): number
  oneOf<const option extends string>(
    setting: Setting,
    options: readonly option[],
    fallback: option,
  ): option
  flag(setting: Setting): boolean | undefined
  url(setting: Setting): string | undefined
  /** A URL that paths are put behind: without a query, and without a slash at its end. */
  baseUrl(setting: Setting): string | undefined
  /** Several, separated by commas. */
  urls(setting: Setting): readonly string[]
  /** 32 bytes in hex. */
  privateKey(setting: Setting): `0x${string}` | undefined
}

export function createReader(raw: RawConfig): Reader {
  const problems = [...raw.problems]
  const fault = (setting: Setting, message: string): void => {
    problems.push(`${nameOf(setting)} ${message}`)
  }
  const isUrl = (text: string): boolean =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  const isPublic = (text: string): boolean => {
    const { username, password, hash } = new URL(text)
    return username === '' && password === '' && hash === ''
  }
  const text = (setting: Setting, fallback?: string): string | undefined =>
    raw.values[setting] ?? fallback

  return {
    problems,
    fault,
    has: (setting) => raw.values[setting] !== undefined,
    text: text as Reader['text'],
    int(setting, fallback, { min, max }) {
      const value = raw.values[setting]
      if (value === undefined) return fallback
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      if (number >= min && number <= max) return number
      fault(setting, `must be a whole number from ${min} to ${max}, not ${clip(value)}`)
      return fallback
    },
    oneOf(setting, options, fallback) {
      const value = raw.values[setting]
      if (value === undefined) return fallback
      const found = options.find((option) => option === value)
      if (found !== undefined) return found
      fault(setting, `must be one of ${options.join(', ')}, not ${clip(value)}`)
      return fallback
    },
    flag(setting) {
      const value = raw.values[setting]
      if (value === undefined || value === 'true' || value === 'false')
        return value === undefined ? undefined : value === 'true'
      fault(setting, `must be true or false, not ${clip(value)}`)
      return undefined
    },
    url(setting) {
      const value = raw.values[setting]
      if (value === undefined || (isUrl(value) && isPublic(value))) return value
      fault(setting, 'must be an http(s) URL without user name, password or fragment')
      return undefined
    },
    baseUrl(setting) {
      const value = raw.values[setting]
      if (value === undefined) return undefined
      if (isUrl(value) && isPublic(value) && new URL(value).search === '')
        return value.replace(/\/+$/, '')
      fault(setting, 'must be an http(s) URL without user name, password, query or fragment')
      return undefined
    },
    urls(setting) {
      const values = (raw.values[setting] ?? '').split(',').map((part) => part.trim())
      const given = values.filter((part) => part !== '')
      // The value is not repeated: keys are folded into such URLs.
      if (!given.every(isUrl)) fault(setting, 'must be one or more http(s) URLs, comma-separated')
      return given.filter(isUrl)
    },
    privateKey(setting) {
      const value = raw.values[setting]
      if (value === undefined) return undefined
      if (/^0x[0-9a-fA-F]{64}$/.test(value)) return value as `0x${string}`
      fault(setting, 'must be 0x and 64 hexadecimal digits; its value is not repeated here')
      return undefined
    },
  }
}

/** A key or a secret that was pasted under a wrong name must not be repeated. */
function clip(value: string): string {
  return value.length > 24 ? `a value of ${value.length} characters` : `"${value}"`
}
