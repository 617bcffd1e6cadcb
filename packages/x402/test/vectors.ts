import { readFileSync } from 'node:fs'

/** A header, or a string to be repeated where writing it out would only hide it. */
export type HeaderVector = string | { readonly repeat: string; readonly times: number }

export type ValidHeader = {
  readonly name: string
  readonly text: string
  readonly header: string
  readonly message: unknown
}

export type InvalidHeader = {
  readonly name: string
  readonly text?: string
  readonly header: HeaderVector
  readonly code: string
  readonly path: string
}

export type HeaderVectors = {
  readonly valid: readonly ValidHeader[]
  readonly invalid: readonly InvalidHeader[]
}

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T

export const headerOf = (vector: HeaderVector): string =>
  typeof vector === 'string' ? vector : vector.repeat.repeat(vector.times)
