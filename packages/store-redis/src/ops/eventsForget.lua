--[[ eventsForget: take the events of a challenge that was never paid out of the common stream.
  KEYS[1] common stream    KEYS[2] where the challenge's events stand in it
  Answers how many there were. ]]
local sequences = redis.call("HVALS", KEYS[2])
for _, sequence in ipairs(sequences) do redis.call("XDEL", KEYS[1], sequence .. "-0") end
redis.call("DEL", KEYS[2])
return #sequences
