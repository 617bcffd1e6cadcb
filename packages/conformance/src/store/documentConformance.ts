import type { DocumentStore } from '@key0/core'
import { documentLaws } from './laws/documents.ts'
import { type ConformanceOptions, registerLaws } from './registerLaws.ts'

/** What a law of documents is proven on: an empty store, and a second connection to the same. */
export type DocumentRig = { readonly documents: DocumentStore; readonly peer: DocumentStore }

/**
 * Registers one test for every law of a `DocumentStore`.
 *
 * @throws Error as `storeConformance`
 */
export function documentConformance(options: ConformanceOptions<DocumentRig>): void {
  registerLaws(documentLaws, options)
}
