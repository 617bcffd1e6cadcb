--[[ documentList: documents in the order of their names.
  KEYS[1] documents (hash)    KEYS[2] their names, in order
  ARGV[1] from, such as "[a" or "(a"    ARGV[2] to, such as "(b"    ARGV[3] limit
  Answers name, text; and so on. ]]
local names = redis.call("ZRANGEBYLEX", KEYS[2], ARGV[1], ARGV[2], "LIMIT", 0, ARGV[3])
local found = {}
for _, name in ipairs(names) do
  found[#found + 1] = name
  found[#found + 1] = redis.call("HGET", KEYS[1], name)
end
return found
