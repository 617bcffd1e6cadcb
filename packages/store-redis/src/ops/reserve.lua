--[[ reserve: store a settlement intent and claim its payment RESERVED.
  KEYS[1] challenge hash     KEYS[2] paid set          KEYS[3] claim of the payment
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] "intent"          ARGV[9] the intent
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment is this challenge's already
    {0, "foreign", owner}    it is another challenge's
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = ARGV[7]

local record = read(id)
if not record then return answer("absent") end
local owner = redis.call("HGET", KEYS[3], "challengeId")
if owner == id then return answer("replayed", record) end
if owner then return answer("foreign", owner) end
if record.state ~= "PENDING" or hasOpenIntent(record) then return answer("lost", record) end

redis.call("HSET", KEYS[3], "challengeId", id, "disposition", "RESERVED")
local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], "intent", "")
return answer("applied", write(id, record, "PENDING", ARGV, 8, attempt))
