--[[ witnessRead: what is remembered of the store's life, and what this server is.
  KEYS[1] witness    KEYS[2] sequence
  Answers {the text, or "" when there is none; sequence; seconds, microseconds of this server's
  clock; its INFO on itself, its replication and its persistence}. ]]
local time = redis.call("TIME")
local info = {}
-- One section at a time: before Redis 7, INFO took one.
for i, section in ipairs({ "server", "replication", "persistence" }) do
  info[i] = redis.call("INFO", section)
end
return {
  redis.call("GET", KEYS[1]) or "", redis.call("GET", KEYS[2]) or "0",
  time[1], time[2], table.concat(info),
}
