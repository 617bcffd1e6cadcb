--[[ shardMark: note in a shard until when its store was alive. It never goes back.
  KEYS[1] witness of the shard    ARGV[1] at least what it must say already, ms, or ""
  ARGV[2] until when, ms
  Answers 1, or 0 when it says less than it must: the shard went back, and nothing was written. ]]
local known = tonumber(redis.call("GET", KEYS[1]) or "-1")
if ARGV[1] ~= "" and known < tonumber(ARGV[1]) then return 0 end
redis.call("SET", KEYS[1], known > tonumber(ARGV[2]) and string.format("%.0f", known) or ARGV[2])
return 1
