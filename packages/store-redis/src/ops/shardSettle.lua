--[[ shardSettle: what settle does to the record, once the payment is claimed in another slot.
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] paidAt, ms, or ""
  ARGV[10] names written, with commas                  ARGV[11] names taken away, with commas
  ARGV[12..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment bought this challenge already
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
if record.paymentRef == payment then return answer("replayed", record) end
local other = hasOpenIntent(record) and cjson.decode(record.intent).paymentRef ~= payment
if record.state ~= "PENDING" or other then return answer("lost", record) end

local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], ARGV[10], ARGV[11])
return answer("applied", write(id, record, "PAID", ARGV, 12, attempt))
