--[[ shardReserve: what reserve does to the record, once the payment is claimed in another slot.
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] "intent"    ARGV[10] the intent
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment is in the record already
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
local intended = record.intent and cjson.decode(record.intent).paymentRef
if record.paymentRef == payment or intended == payment then return answer("replayed", record) end
if record.state ~= "PENDING" or hasOpenIntent(record) then return answer("lost", record) end

local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], "intent", "")
return answer("applied", write(id, record, "PENDING", ARGV, 9, attempt))
