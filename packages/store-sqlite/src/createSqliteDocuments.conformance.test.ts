import { documentConformance } from '@key0/conformance/store'
import { test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteDocuments } from './createSqliteDocuments.ts'

documentConformance({
  test,
  async rig() {
    const directory = temporaryDirectory()
    const open = () => createSqliteDocuments({ dataDir: directory.path })
    const [documents, peer] = [open(), open()]
    return {
      ...{ documents, peer },
      async [Symbol.asyncDispose]() {
        documents.close()
        peer.close()
        directory[Symbol.dispose]()
      },
    }
  },
})
