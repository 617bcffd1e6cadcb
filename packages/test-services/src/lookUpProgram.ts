import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { readEnvironment } from './readEnvironment.ts'

/** Where packages put servers, which is not on everybody's path. */
const usual = ['/usr/bin', '/usr/local/bin', '/usr/sbin']

/** The first program of that name, on the path or where servers usually are. */
export function lookUpProgram(name: string): string | undefined {
  const folders = [...(readEnvironment('PATH') ?? '').split(delimiter), ...usual]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
