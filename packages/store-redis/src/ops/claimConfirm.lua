--[[ claimConfirm: the record has the payment; the claim is permanent.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] disposition
  Answers 1, or 0 when the claim is another challenge's. ]]
local owner = redis.call("HGET", KEYS[1], "challengeId")
if owner and owner ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "challengeId", ARGV[1], "disposition", ARGV[2], "confirmed", "1")
redis.call("HDEL", KEYS[1], "token")
return 1
