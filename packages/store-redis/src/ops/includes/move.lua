-- The transition of the specification, and the same with everything that the store keeps beside.

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
  -- A reason comes with "=" before it, so that an empty one is not none.
  local why = reason ~= "" and string.sub(reason, 2) or nil
  local names = {}
  if removed ~= "" then
    for name in string.gmatch(removed, "[^,]+") do names[name] = true end
  end
  return { key = key, actor = actor, reason = why, wrote = wrote, removed = names }
end

-- A move with all that goes with it: version, indexes, lifetime, audit. The record is changed as
-- its hash is, and answered.
local function write(id, record, to, list, first, attempt)
  local hash = P .. "challenge:" .. id
  local from, before = record.state, traceOf(record)
  local version, at = int((tonumber(record.version) or 1) + 1), toIso(NOW)
  -- A visit that was agreed on belongs to the state it was agreed in.
  attempt.removed.nextVisitAt = true
  for name in pairs(attempt.removed) do
    if record[name] then
      assertRoom()
      redis.call("HDEL", hash, name)
      record[name] = nil
    end
  end
  local own = { "state", to, "version", version, "updatedAt", at }
  if not record.schemaVersion then own[7], own[8] = "schemaVersion", "1" end
  local shift = #own + 1 - first
  for i = first, #list do own[shift + i] = list[i] end
  for i = 1, #own, 2 do record[own[i]] = own[i + 1] end
  redis.call("HSET", hash, unpack(own))
  index(id, record, before)
  audit(id, record, from, attempt)
  return record
end

-- Every write answers {1, "applied", record} or {0, refusal, record or owner}.
local function answer(kind, detail)
  local told = type(detail) == "table" and toText(detail) or detail or ""
  return { kind == "applied" and 1 or 0, kind, told }
end
