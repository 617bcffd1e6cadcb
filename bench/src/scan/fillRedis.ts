import type { Redis } from 'ioredis'
import type { Write } from '../redis/readWrites.ts'
import { marker, paidAt } from './template.ts'

const atOnce = 1_000

/** Where the trail of the template begins to count, so that its numbers are found again. */
export const firstSequence = 7_000_000_000_000

/**
 * Writes copies of one paid record: exactly the commands that the store's scripts had executed
 * for it, with other numbers in their words.
 */
export async function fillRedis(
  redis: Redis,
  writes: readonly Write[],
  count: number,
  say: (done: number) => void,
): Promise<void> {
  const sha = String(await redis.script('LOAD', source))
  const template = JSON.stringify(writes.map((words) => words.map(toPieces)))
  for (let first = 0; first < count; first += atOnce) {
    const size = Math.min(atOnce, count - first)
    const second = new Date(paidAt.getTime() + first).toISOString().slice(0, -4)
    await redis.evalsha(sha, 0, template, first, size, second, paidAt.getTime(), firstSequence)
    if (first % 200_000 === 0) say(first)
  }
}

const tags = [marker, paidAt.toISOString(), String(paidAt.getTime())]
const sequences = [String(firstSequence + 1), String(firstSequence + 2)]
const pattern = new RegExp(`(${[...tags, ...sequences].join('|').replaceAll('.', '\\.')})`)

/** A word by its pieces: texts, and between them the number of what differs in each copy. */
function toPieces(word: string): readonly (string | number)[] {
  return word
    .split(pattern)
    .map((piece) => {
      const at = [...tags, ...sequences].indexOf(piece)
      return at < 0 ? piece : at + 1
    })
    .filter((piece) => piece !== '')
}

const source = `
local template, first, size = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local second, paid, sequence = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
for n = first, first + size - 1 do
  local values = {
    string.format("%08d", n), second .. string.format("%03dZ", n % 1000),
    string.format("%.0f", paid + n), string.format("%.0f", sequence + 3 + 2 * n),
    string.format("%.0f", sequence + 4 + 2 * n),
  }
  for _, words in ipairs(template) do
    local said = {}
    for at, pieces in ipairs(words) do
      local text = {}
      for i, piece in ipairs(pieces) do
        text[i] = type(piece) == "number" and values[piece] or piece
      end
      said[at] = #text == 1 and text[1] or table.concat(text)
    end
    redis.call(unpack(said))
  end
end
return size`
