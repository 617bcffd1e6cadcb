--[[ findActive: the live record that a request id names.
  KEYS[1] request index
  ARGV[1] prefix    ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  Answers the record, or nothing. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = redis.call("GET", KEYS[1])
local record = id and read(id)
return record and isLive(record) and toText(record) or false
