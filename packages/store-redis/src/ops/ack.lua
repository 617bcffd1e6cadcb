--[[ ack: remember how far a consumer came. A late acknowledgement never takes it back.
  KEYS[1] acknowledgements (hash)    ARGV[1] consumer    ARGV[2] sequence
  Answers what is remembered now. ]]
local known = tonumber(redis.call("HGET", KEYS[1], ARGV[1]) or "0")
if tonumber(ARGV[2]) <= known then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
