--[[ claimTake: claim a payment for a challenge, before its record is changed in another slot.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] token of this attempt
  Answers, in order of precedence:
    {"foreign", owner}   another challenge's
    {"own", confirmed}   this challenge's already; confirmed is "1" once its record has it, or ""
    {"new", ""}          it is this challenge's now, until claimRelease with the same token ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "confirmed")
if claim[1] and claim[1] ~= ARGV[1] then return { "foreign", claim[1] } end
if claim[1] and claim[2] then return { "own", "1" } end
redis.call("HSET", KEYS[1], "challengeId", ARGV[1], "token", ARGV[2])
if claim[1] then return { "own", "" } end
redis.call("HSET", KEYS[1], "disposition", "RESERVED")
return { "new", "" }
