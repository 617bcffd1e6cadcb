import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { RedisServer } from '@key0/test-services'

/** One command that changed something, as the append-only file has it. */
export type Write = readonly string[]

/**
 * Reads what scripts changed from the server's append-only file, from where it read last. Redis
 * writes there the commands that had an effect, and no others: of each script one group.
 */
export function createWriteReader({ directory }: RedisServer): () => readonly (readonly Write[])[] {
  const folder = join(directory, 'appendonlydir')
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))
  if (name === undefined) throw new Error('the server keeps no append-only file')
  const path = join(folder, name)
  let at = 0
  return () => {
    const file = openSync(path, 'r')
    const text = Buffer.alloc(fstatSync(file).size - at)
    readSync(file, text, 0, text.length, at)
    closeSync(file)
    at += text.length
    return toGroups(parse(text.toString('latin1')))
  }
}

function parse(text: string): readonly Write[] {
  const commands: Write[] = []
  let at = 0
  const line = (): string => {
    const end = text.indexOf('\r\n', at)
    const found = text.slice(at, end)
    at = end + 2
    return found
  }
  while (at < text.length) {
    const length = Number(line().slice(1))
    const words: string[] = []
    for (let word = 0; word < length; word += 1) {
      const size = Number(line().slice(1))
      words.push(text.slice(at, at + size))
      at += size + 2
    }
    commands.push(words)
  }
  return commands
}

function toGroups(commands: readonly Write[]): readonly (readonly Write[])[] {
  const groups: Write[][] = []
  let open: Write[] | undefined
  for (const command of commands) {
    const name = command[0]?.toUpperCase()
    if (name === 'MULTI') open = []
    else if (name === 'EXEC') {
      if (open) groups.push(open)
      open = undefined
    } else open?.push(command)
  }
  return groups
}
