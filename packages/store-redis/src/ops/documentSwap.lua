--[[ documentSwap: put one text in the place of exactly another.
  KEYS[1] documents (hash)    KEYS[2] their names, in order
  ARGV[1] name    ARGV[2] "=" and the text before, or "" for nothing
  ARGV[3] "=" and the text after, or "" for nothing
  Answers {"applied"}, {"replayed"} when the text after stands there already, or
  {"lost", the text that does} without the text when nothing does. ]]
local found = redis.call("HGET", KEYS[1], ARGV[1])
local marked = found and "=" .. found or ""
if marked ~= ARGV[2] then
  if marked == ARGV[3] then return { "replayed" } end
  return { "lost", found or nil }
end
if ARGV[3] == "" then
  redis.call("HDEL", KEYS[1], ARGV[1])
  redis.call("ZREM", KEYS[2], ARGV[1])
else
  redis.call("HSET", KEYS[1], ARGV[1], string.sub(ARGV[3], 2))
  if not found then redis.call("ZADD", KEYS[2], 0, ARGV[1]) end
end
return { "applied" }
