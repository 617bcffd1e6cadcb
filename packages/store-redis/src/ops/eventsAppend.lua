--[[ eventsAppend: put events of one shard into the common stream, each once, in their order.
  KEYS[1] common stream    KEYS[2] its sequence    KEYS[3] last sequence taken over, by shard
  ARGV[1] prefix    ARGV[2] shard
  ARGV[3..] sequence in the shard, challenge id, index in its trail, entry; and so on
  Answers how many were new. ]]
local last = tonumber(redis.call("HGET", KEYS[3], ARGV[2]) or "0")
local count = 0
for i = 3, #ARGV, 4 do
  local sequence, id, position, entry = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if tonumber(sequence) > last then
    last = tonumber(sequence)
    redis.call("HSET", KEYS[3], ARGV[2], sequence)
    -- A trail that was forgotten meanwhile left no entry.
    if entry ~= "" then
      local common = string.format("%.0f", redis.call("INCR", KEYS[2]))
      redis.call("XADD", KEYS[1], common .. "-0", "id", id, "entry", entry)
      redis.call("HSET", ARGV[1] .. ":order:" .. id, position, common)
      count = count + 1
    end
  end
end
return count
