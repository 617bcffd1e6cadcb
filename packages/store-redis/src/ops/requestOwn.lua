--[[ requestOwn: let a request id name a challenge, if it names none or exactly the one expected.
  KEYS[1] request index
  ARGV[1] challenge id    ARGV[2] expected, or ""    ARGV[3] lifetime, ms
  Answers the id that it names now. ]]
local named = redis.call("GET", KEYS[1])
if named and named ~= ARGV[2] then return named end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3])
return ARGV[1]
