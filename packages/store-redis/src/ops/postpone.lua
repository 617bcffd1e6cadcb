--[[ postpone: move a record's next visit, and perhaps note that its payment became final.
  Facts about our work, not transitions: no audit entry.
  KEYS[1] challenge hash
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] challenge id       ARGV[5] version           ARGV[6..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "lost", record}      it is at another version
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
assertRoom()
local id = ARGV[4]

local record = read(id)
if not record then return answer("absent") end
if (record.version or "1") ~= ARGV[5] then return answer("lost", record) end

local before = traceOf(id, record)
redis.call("HSET", KEYS[1], "version", int(tonumber(ARGV[5]) + 1), unpack(ARGV, 6))
local after = load(id)
index(id, after, before)
return answer("applied", after)
