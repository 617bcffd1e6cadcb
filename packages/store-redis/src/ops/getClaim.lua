--[[ getClaim: the owner of a payment.
  KEYS[1] claim    KEYS[2] seen-tx key that an older deployment may have left
  Answers {owner, disposition}, or nothing. ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "disposition")
if claim[1] then return claim end
local seen = redis.call("GET", KEYS[2])
return seen and { seen, "APPLIED" } or false
