--[[ findPendingForRefund: what was paid before the cutoff and may go back, the oldest first.
  KEYS[1] paid set           KEYS[2] leased set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] cutoff, ms, exclusive                        ARGV[5] limit
  Answers the records. Members that are not what the set promises leave it on the way: those
  without a record (ghosts), and those an older deployment left in it. Each call looks at no more
  than four times limit of them; the next call goes on. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local cutoff, limit = ARGV[4], tonumber(ARGV[5])

-- A lease ends once, so moving those that ended costs no more than taking them did.
local ended = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", int(NOW), "LIMIT", 0, 1000)
for _, id in ipairs(ended) do
  local record = load(id)
  if record then pcall(indexRefund, id, record) else forgetIndex(id) end
end

local found = {}
for _ = 1, 4 do
  local wanted = limit - #found
  local ids = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", "(" .. cutoff, "LIMIT", #found, wanted)
  for _, id in ipairs(ids) do
    local record = load(id)
    if not record then
      forgetIndex(id)
    elseif not refundableSince(record) or leasedUntil(record) > NOW then
      reindex(id, record)
    else
      -- An older deployment gave every record a lifetime, money or not.
      if redis.call("PTTL", P .. "challenge:" .. id) >= 0 then reindex(id, record) end
      found[#found + 1] = toText(record)
    end
  end
  if #found >= limit or #ids < wanted then break end
end
return found
