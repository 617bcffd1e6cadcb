--[[ events: the audit entries of all challenges after a sequence, in their order.
  KEYS[1] event stream, whose entries say where the audit entry stands: "index id"
  ARGV[1] prefix    ARGV[2] after, exclusive    ARGV[3] limit
  Answers {id, entry} for each. ]]
local range = redis.call("XRANGE", KEYS[1], "(" .. ARGV[2] .. "-0", "+", "COUNT", ARGV[3])
local found = {}
for _, item in ipairs(range) do
  local position, id = string.match(item[2][2], "^(%d+) (.*)$")
  local entry = redis.call("LINDEX", ARGV[1] .. ":audit:" .. id, position)
  if entry then found[#found + 1] = { id, entry } end
end
return found
