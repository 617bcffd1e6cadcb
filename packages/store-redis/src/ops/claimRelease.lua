--[[ claimRelease: give back a claim whose record was not changed, unless another attempt of the
  same challenge relies on it.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] token of this attempt
  Answers 1 when it is gone, else 0. ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "token", "confirmed")
if claim[1] ~= ARGV[1] or claim[2] ~= ARGV[2] or claim[3] then return 0 end
return redis.call("DEL", KEYS[1])
