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
local id = ARGV[4]

local record = read(id)
if not record then return answer("absent") end
if (record.version or "1") ~= ARGV[5] then return answer("lost", record) end

local before = traceOf(record)
local version = int(tonumber(ARGV[5]) + 1)
redis.call("HSET", KEYS[1], "version", version, unpack(ARGV, 6))
record.version = version
for i = 6, #ARGV, 2 do record[ARGV[i]] = ARGV[i + 1] end
index(id, record, before)
return answer("applied", record)
