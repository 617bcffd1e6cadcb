--[[ settle: claim a payment APPLIED and move PENDING -> PAID. The only way to spend a payment.
  KEYS[1] challenge hash     KEYS[2] paid set          KEYS[3] claim of the payment
  KEYS[4..] what an older deployment may have left under the plain transaction hash:
            its claim, and seen-tx keys in the spellings that occur
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] paidAt, ms, or ""
  ARGV[10] names written, with commas                  ARGV[11] names taken away, with commas
  ARGV[12..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment bought this challenge already
    {0, "foreign", owner}    the payment, or its transaction, is another challenge's
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
local claim = redis.call("HMGET", KEYS[3], "challengeId", "disposition")
if claim[1] == id and claim[2] == "APPLIED" then return answer("replayed", record) end
if claim[1] and claim[1] ~= id then return answer("foreign", claim[1]) end
local plain = redis.call("HGET", KEYS[4], "challengeId")
if plain and plain ~= id then return answer("foreign", plain) end
for i = 5, #KEYS do
  local seen = redis.call("GET", KEYS[i])
  if seen and seen ~= id then return answer("foreign", seen) end
end
local other = hasOpenIntent(record) and cjson.decode(record.intent).paymentRef ~= payment
if record.state ~= "PENDING" or other then return answer("lost", record) end

redis.call("HSET", KEYS[3], "challengeId", id, "disposition", "APPLIED")
local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], ARGV[10], ARGV[11])
return answer("applied", write(id, record, "PAID", ARGV, 12, attempt))
