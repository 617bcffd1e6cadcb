--[[ outboxRead: events of a shard that are not in the common stream yet, the oldest first.
  KEYS[1] event stream of the shard    ARGV[1] prefix    ARGV[2] limit
  Answers {sequence in the shard, challenge id, index in its trail, entry} for each. ]]
local range = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", ARGV[2])
local found = {}
for _, item in ipairs(range) do
  local position, id = string.match(item[2][2], "^(%d+) (.*)$")
  local entry = redis.call("LINDEX", ARGV[1] .. ":audit:" .. id, position)
  found[#found + 1] = { string.match(item[1], "^%d+"), id, position, entry or "" }
end
return found
