--[[ requestKeep: for how long a request id names its challenge from now on.
  KEYS[1] request index    ARGV[1] challenge id    ARGV[2] lifetime, ms; "" for good; "0" no more
  Answers 1, or 0 when it names another challenge: then it is left alone. ]]
local named = redis.call("GET", KEYS[1])
if named and named ~= ARGV[1] then return 0 end
if ARGV[2] == "" then
  redis.call("SET", KEYS[1], ARGV[1])
elseif ARGV[2] == "0" then
  redis.call("DEL", KEYS[1])
else
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return 1
