--[[ shardBar: show the record that a request id names, or see to it that a creation under way
  under that id can no longer happen.
  KEYS[1] challenge hash
  ARGV[1] prefix    ARGV[2] now, ms, or ""    ARGV[3] lifetimes    ARGV[4] challenge id
  Answers the record when it is live, else nothing. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = ARGV[4]
local record = read(id)
if record and isLive(record) then return toText(record) end
-- Far longer than any creation takes.
if not load(id) then redis.call("SET", P .. "barred:" .. id, "1", "PX", "3600000") end
return false
