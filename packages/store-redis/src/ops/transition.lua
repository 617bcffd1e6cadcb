--[[ transition: compare-and-swap along one row of the lifecycle table.

  With two keys, the specification's script and nothing else:
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] from   ARGV[2] to   ARGV[3] challenge id   ARGV[4] paidAt, ms, or ""
  ARGV[5..] field/value pairs to write
  Answers 1 when moved, 0 when the state was not from (then nothing was written).

  With a third key, the audit list, the same arguments, and the first pair is a header: its name is
  "@", which no field of a record has, and its value a JSON array of these texts:
    prefix, now (ms, or ""), lifetimes, key, actor, reason ("=" and the reason, or ""),
    names written and names taken away (with commas), version (the only one to move from, or "")
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  an attempt under this key was made before
    {0, "lost", record}      another state or version, or the record's data forbids the move
    {1, "applied", record} ]]
if #KEYS == 2 then
  return move(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV, 5)
end
local from, to, id = ARGV[1], ARGV[2], ARGV[3]
local FIRST = 7
local head = cjson.decode(ARGV[6])
begin(head[1], head[2], head[3])
local key, version = head[4], head[9]
local attempt = attemptOf(key, head[5], head[6], head[7], head[8])
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
