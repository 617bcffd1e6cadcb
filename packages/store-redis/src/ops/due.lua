--[[ due: what a worker must continue by an instant, the longest overdue first.
  KEYS[1..] due sets of the states asked for
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] due by, ms         ARGV[5] limit
  Answers the records. Members that do not belong in the sets leave them on the way, and never take
  a living one's place in the answer. Each call looks at no more than four times limit and 1000
  members; the next call goes on. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local by, limit = ARGV[4], tonumber(ARGV[5])
-- Forgotten records that nobody sweeps would stand at the head for good.
sweep(limit)

-- One reader for each set: a page of it, and how many members before the next page stay in it.
local readers, page = {}, math.max(limit, 16)
for i, key in ipairs(KEYS) do
  readers[i] = { key = key, state = string.match(key, "[A-Z_]+$"), flat = {}, at = 1, stay = 0 }
end

local function hasMore(one)
  if one.at > #one.flat and not one.ended then
    local flat = redis.call(
      "ZRANGEBYSCORE", one.key, "-inf", by, "WITHSCORES", "LIMIT", one.stay, page)
    one.flat, one.at, one.ended = flat, 1, #flat < 2 * page
  end
  return one.at <= #one.flat
end

-- The reader whose next member is the longest overdue of all.
local function earliest()
  local best, bestScore, bestId
  for _, one in ipairs(readers) do
    if hasMore(one) then
      local id, score = one.flat[one.at], tonumber(one.flat[one.at + 1])
      if not best or score < bestScore or (score == bestScore and id < bestId) then
        best, bestScore, bestId = one, score, id
      end
    end
  end
  return best, bestId
end

local found, seen = {}, {}
for _ = 1, 4 * limit + 1000 do
  if #found >= limit then break end
  local one, id = earliest()
  if not one then break end
  one.at = one.at + 2
  local stored = load(id)
  if not stored then
    forgetIndex(id)
  elseif stored.state ~= one.state then
    -- An older gateway beside us moved it and left our sets alone. Where it belongs, it may be met
    -- again, and push one that was met already into the next page.
    if not reindex(id, stored) then one.stay = one.stay + 1 end
  else
    one.stay = one.stay + 1
    local forget = forgetAt(stored)
    if not seen[id] and not (forget and forget <= NOW) then found[#found + 1] = toText(stored) end
    seen[id] = true
  end
end
return found
