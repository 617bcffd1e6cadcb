--[[ transition: compare-and-swap along one row of the lifecycle table.

  With two keys, the specification's script and nothing else:
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] from   ARGV[2] to   ARGV[3] challenge id   ARGV[4] paidAt, ms, or ""
  ARGV[5..] field/value pairs to write
  Answers 1 when moved, 0 when the state was not from (then nothing was written).

  With a third key, the audit list, the same arguments, and the first pairs are these headers, in
  this order (no field of a record begins with "@"):
    @prefix  @now (ms, or "")  @lifetimes  @key  @actor  @reason ("=" and the reason, or "")
    @wrote and @removed (names, with commas)  @version (the only one to move from, or "")
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  an attempt under this key was made before
    {0, "lost", record}      another state or version, or the record's data forbids the move
    {1, "applied", record} ]]
if #KEYS == 2 then
  return move(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV, 5)
end
local from, to, id = ARGV[1], ARGV[2], ARGV[3]
local FIRST = 23
begin(ARGV[6], ARGV[8], ARGV[10])
local key, version = ARGV[12], ARGV[22]
local attempt = attemptOf(key, ARGV[14], ARGV[16], ARGV[18], ARGV[20])
local fields = {}
for i = FIRST, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local record = read(id)
if not record then return answer("absent") end
if hasAttempt(id, key) then return answer("replayed", record) end
if record.state ~= from then return answer("lost", record) end
if version ~= "" and version ~= (record.version or "1") then
  return answer("lost", record)
end
if isForbidden(record, to, fields, attempt.removed) then return answer("lost", record) end

if from == "PAID" and to == "PENDING" and record.paymentRef and not isShard() then
  local claim = P .. "claim:" .. record.paymentRef
  redis.call("HSET", claim, "challengeId", id, "disposition", "RESERVED")
end
return answer("applied", write(id, record, to, ARGV, FIRST, attempt))
