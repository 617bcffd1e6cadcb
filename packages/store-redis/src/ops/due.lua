--[[ due: what a worker must continue by an instant, the longest overdue first.
  KEYS[1..] due sets of the states asked for
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] due by, ms         ARGV[5] limit
  Answers the records. Members that do not belong in them leave the sets on the way. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local by, limit = ARGV[4], tonumber(ARGV[5])
-- Forgotten records that nobody sweeps would stand at the head and hide living ones.
sweep(limit)

local members = {}
for _, key in ipairs(KEYS) do
  local flat = redis.call("ZRANGEBYSCORE", key, "-inf", by, "WITHSCORES", "LIMIT", 0, limit)
  for i = 1, #flat, 2 do
    local state = string.match(key, "[A-Z_]+$")
    members[#members + 1] = { id = flat[i], score = tonumber(flat[i + 1]), state = state }
  end
end
table.sort(members, function(one, other)
  if one.score ~= other.score then return one.score < other.score end
  return one.id < other.id
end)

local found = {}
for i = 1, math.min(#members, limit) do
  local id = members[i].id
  local record = read(id)
  if record and record.state ~= members[i].state then
    -- An older gateway beside us moved it and left our sets alone.
    reindex(id, record)
  elseif record then
    found[#found + 1] = toFlat(record)
  elseif not load(id) then
    forgetIndex(id)
  end
end
return found
