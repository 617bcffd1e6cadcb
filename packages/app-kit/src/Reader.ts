import { type Address, type Hex, Key0Error } from '@key0/core'
import type { RawConfig } from './readSettings.ts'

/** Reads settings one by one and collects every mistake, so that they are fixed in one go. */
export type Reader<setting extends string> = {
  readonly problems: string[]
  /** A mistake of a setting; the message follows its name. */
  fault(setting: setting, message: string): void
  has(setting: setting): boolean
  text(setting: setting): string | undefined
  text(setting: setting, fallback: string): string
  int(setting: setting, fallback: number, range: { min: number; max: number }): number
  oneOf<const option extends string>(
    setting: setting,
    options: readonly option[],
    fallback: option,
  ): option
  flag(setting: setting): boolean | undefined
  url(setting: setting): string | undefined
  /** A URL that paths are put behind: without a query, and without a slash at its end. */
  baseUrl(setting: setting): string | undefined
  /** Several, separated by commas. */
  urls(setting: setting): readonly string[]
  /** 32 bytes in hex each, separated by commas. */
  privateKeys(setting: setting): readonly Hex[]
  /** Of servers that are spoken to in their own protocol; several are separated by commas. */
  serverUrls(setting: setting, protocols: readonly string[]): readonly string[]
  /** An account or a contract. */
  address(setting: setting): Address | undefined
  /** Several accounts, separated by commas. */
  addresses(setting: setting): readonly Address[]
}

export function createReader<setting extends string>(raw: RawConfig<setting>): Reader<setting> {
  const problems = [...raw.problems]
  const fault = (setting: setting, message: string): void => {
    problems.push(`${raw.nameOf(setting)} ${message}`)
  }
  const isPublic = (text: string): boolean => {
    const { username, password, hash } = new URL(text)
    return username === '' && password === '' && hash === ''
  }
  const text = (setting: setting, fallback?: string): string | undefined =>
    raw.values[setting] ?? fallback

  return {
    problems,
    fault,
    has: (setting) => raw.values[setting] !== undefined,
    text: text as Reader<setting>['text'],
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
    ...createListReader(raw, fault),
    address(setting) {
      const value = raw.values[setting]
      if (value === undefined) return undefined
      if (isAddress(value)) return value
      fault(setting, 'must be an address (0x and 40 hexadecimal digits)')
      return undefined
    },
  }
}

function isAddress(text: string): text is Address {
  return /^0x[0-9a-fA-F]{40}$/.test(text) && !/^0x0+$/.test(text)
}

type Lists<setting extends string> = Pick<
  Reader<setting>,
  'urls' | 'privateKeys' | 'serverUrls' | 'addresses'
>

/** What may be several, separated by commas. */
function createListReader<setting extends string>(
  raw: RawConfig<setting>,
  fault: Reader<setting>['fault'],
): Lists<setting> {
  return {
    urls(setting) {
      const values = (raw.values[setting] ?? '').split(',').map((part) => part.trim())
      const given = values.filter((part) => part !== '')
      // The value is not repeated: keys are folded into such URLs.
      if (!given.every(isUrl)) fault(setting, 'must be one or more http(s) URLs, comma-separated')
      return given.filter(isUrl)
    },
    privateKeys(setting) {
      const values = (raw.values[setting] ?? '').split(',').map((part) => part.trim())
      const given = values.filter((part) => part !== '')
      const isKey = (part: string): part is Hex => /^0x[0-9a-fA-F]{64}$/.test(part)
      if (given.every(isKey)) return [...new Set(given)]
      const many = given.length > 1 ? ', each of them' : ''
      fault(setting, `must be 0x and 64 hexadecimal digits${many}; its value is not repeated here`)
      return []
    },
    addresses(setting) {
      const values = (raw.values[setting] ?? '').split(',').map((part) => part.trim())
      const given = values.filter((part) => part !== '')
      if (given.every(isAddress)) return given
      fault(
        setting,
        'must be one or more addresses (0x and 40 hexadecimal digits), comma-separated',
      )
      return []
    },
    serverUrls(setting, protocols) {
      // A password may hold a comma; another server begins with its protocol.
      const parts = (raw.values[setting] ?? '').split(/\s*,\s*(?=[a-z]+:\/\/)/)
      const given = parts.filter((part) => part !== '')
      const isFit = (part: string): boolean =>
        URL.canParse(part) && protocols.includes(new URL(part).protocol)
      if (given.every(isFit)) return given
      // The value is never repeated: it may hold a password.
      fault(setting, `must be a ${protocols.map((it) => `${it}//`).join(' or ')} URL`)
      return []
    },
  }
}

function isUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/**
 * Ends the reading.
 *
 * @throws CONFIG_INVALID naming every mistake at once
 */
export function assertFaultless({ problems }: { readonly problems: readonly string[] }): void {
  if (problems.length === 0) return
  throw new Key0Error('CONFIG_INVALID', {
    facts: Object.fromEntries(problems.map((text, index) => [`${index + 1}`, text])),
  })
}

/** A key or a secret that was pasted under a wrong name must not be repeated. */
function clip(value: string): string {
  return value.length > 24 ? `a value of ${value.length} characters` : `"${value}"`
}
