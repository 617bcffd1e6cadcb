-- The transition of the specification, which every write of a state goes through.

-- Moves hash from one state to another and writes field/value pairs of list from first on.
-- 1: moved. 0: it was in another state, and nothing was written.
local function move(hash, paid, from, to, id, score, list, first)
  if redis.call("HGET", hash, "state") ~= from then return 0 end
  redis.call("HSET", hash, "state", to, unpack(list, first))
  if to == "PAID" and score ~= "" then
    redis.call("ZADD", paid, score, id)
  elseif from == "PAID" then
    redis.call("ZREM", paid, id)
  end
  return 1
end

-- What goes with a move beside its fields: who made it, and the names it takes away.
local function attemptOf(key, actor, reason, wrote, removed)
  local names = {}
  for name in string.gmatch(removed, "[^,]+") do names[name] = true end
  -- A reason comes with "=" before it, so that an empty one is not none.
  local why = reason ~= "" and string.sub(reason, 2) or nil
  return { key = key, actor = actor, reason = why, wrote = wrote, removed = names }
end

-- A move with all that goes with it: version, indexes, lifetime, audit. Answers the record.
local function write(id, record, to, score, list, first, attempt)
  local hash = P .. "challenge:" .. id
  local from = record.state
  -- A visit that was agreed on belongs to the state it was agreed in.
  redis.call("HDEL", hash, "nextVisitAt")
  move(hash, P .. "paid", from, to, id, score, list, first)
  for name in pairs(attempt.removed) do redis.call("HDEL", hash, name) end
  local version = int((tonumber(record.version) or 1) + 1)
  redis.call("HSET", hash, "version", version, "schemaVersion", "1", "updatedAt", toIso(NOW))
  local after = load(id)
  index(id, after, from)
  audit(id, after, from, attempt)
  return after
end

-- Every write answers {1, "applied", record} or {0, refusal, record or owner}.
local function answer(kind, detail)
  local told = type(detail) == "table" and toFlat(detail) or detail or ""
  return { kind == "applied" and 1 or 0, kind, told }
end
