--[[ create: insert a PENDING challenge, or show the live one that is there.
  KEYS[1] challenge hash     KEYS[2] request index of its scope and request id
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8..] field/value pairs of the record,
                                                       all but updatedAt
  Answers, in order of precedence:
    {0, "replayed", record}  this id exists
    {0, "absent"}            only in a shard: somebody else took its request id meanwhile
    {0, "replayed", record}  a live challenge has this request id
    {1, "applied", updatedAt} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
-- More than one, so that creating forgets faster than it adds.
sweep(4)
assertRoom()
local id = ARGV[7]

local existing = read(id)
if existing then return answer("replayed", existing) end
if isShard() and redis.call("EXISTS", P .. "barred:" .. id) == 1 then return answer("absent") end
local named = redis.call("GET", KEYS[2])
local other = named and read(named)
if other and isLive(other) then return answer("replayed", other) end

-- What is forgotten may still be there.
redis.call("DEL", KEYS[1], KEYS[2])
local record = {}
for i = 8, #ARGV, 2 do record[ARGV[i]] = ARGV[i + 1] end
record.updatedAt = toIso(NOW)
redis.call("HSET", KEYS[1], "updatedAt", record.updatedAt, unpack(ARGV, 8))
index(id, record, {})
audit(id, record, "", attemptOf(ARGV[4], ARGV[5], ARGV[6], "", ""))
return { 1, "applied", record.updatedAt }
