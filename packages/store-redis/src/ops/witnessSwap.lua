--[[ witnessSwap: put another text in the witness, if it is unchanged and so is the server: a
  failover or a restart between reading and writing would otherwise go unnoticed.
  KEYS[1] witness
  ARGV[1] the text as it was read, or "" for none    ARGV[2] the next one
  ARGV[3] the server's run id                        ARGV[4] its second replication id and offset
  Answers 1, or 0 when something changed and nothing was written. ]]
local replication = redis.call("INFO", "replication")
local id = string.match(replication, "master_replid2:(%x+)") or ""
local offset = string.match(replication, "second_repl_offset:(%-?%d+)") or ""
local run = string.match(redis.call("INFO", "server"), "run_id:(%x+)") or ""
if run ~= ARGV[3] or id .. ":" .. offset ~= ARGV[4] then return 0 end
if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
return 1
