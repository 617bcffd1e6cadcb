-- Records over keys: reading what is not yet forgotten, and keeping in step everything that a
-- record is found by.

local IS_DUE_STATE = {
  PENDING = true, PAID = true, REFUND_PENDING = true, REFUND_FAILED = true, DELIVERED = true,
}

local function toTable(flat)
  local record = {}
  for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
  return record
end

-- A record as it is answered: one text costs its reader a third of what fifty small ones cost.
local function toText(record)
  return cjson.encode(record)
end

-- One shard of several keeps no request ids and no claims: they are in slots of their own.
local function isShard()
  return string.sub(KEPT, -2) == " 0"
end

-- The stored record even when its time is over, or nil.
local function load(id)
  local record = toTable(redis.call("HGETALL", P .. "challenge:" .. id))
  return record.state and record or nil
end

local function read(id)
  local record = load(id)
  local forget = record and forgetAt(record)
  if forget and forget <= NOW then return nil end
  return record
end

-- One scope is the specification's; the length of any other keeps scope and id apart.
local function requestKey(record)
  local scope = record.scope or "x402-http"
  if scope == "x402-http" then return P .. "request:" .. record.requestId end
  return P .. "request-of:" .. #scope .. ":" .. scope .. ":" .. record.requestId
end

-- Until when the request id names its challenge: an unpaid one until its deadline, one that holds
-- money for as long as the record; nil: for good.
local function namedUntil(record, forget)
  if record.state == "EXPIRED" or record.state == "CANCELLED" then return NOW end
  if record.state ~= "PENDING" or not forget then return forget end
  return math.max((toMs(record.createdAt) or 0) + keptMs(4), toMs(record.expiresAt) or 0)
end

-- Another challenge's entry is left alone.
local function indexRequest(id, record, ends)
  local key = requestKey(record)
  local owner = redis.call("GET", key)
  if owner and owner ~= id then return end
  if not ends then
    redis.call("SET", key, id)
  elseif ends > NOW then
    redis.call("SET", key, id, "PX", int(ends - NOW))
  elseif owner then
    redis.call("DEL", key)
  end
end

-- isNew: it was in neither set, so that nothing has to leave them.
local function indexRefund(id, record, isNew)
  local since = refundableSince(record)
  local lease = since and leasedUntil(record) or 0
  local into = since and (lease > NOW and "leased" or "paid") or nil
  if into then redis.call("ZADD", P .. into, into == "leased" and lease or since, id) end
  if isNew then return end
  if into ~= "paid" then redis.call("ZREM", P .. "paid", id) end
  if into ~= "leased" then redis.call("ZREM", P .. "leased", id) end
end

-- What a record is indexed by before it changes; nil when that is not known, as of one that an
-- older deployment wrote, which has no updatedAt.
local function traceOf(record)
  if not record.updatedAt then return nil end
  return { state = record.state, forget = forgetAt(record) }
end

-- Derives everything a record is found by, and how long it lives, from the record alone, and
-- writes what differs from its trace; with nil all of it, with an empty one that of a new record.
local function index(id, record, before)
  -- An older deployment that moves a record leaves a lifetime on it, which money should not have.
  if before and before.state and not before.forget
    and redis.call("PERSIST", P .. "challenge:" .. id) == 1 then before = nil end
  local state, was = record.state, before and before.state
  local forget, due = forgetAt(record), dueAt(record)
  if before then
    if IS_DUE_STATE[was] and not (due and was == state) then
      redis.call("ZREM", P .. "due:" .. was, id)
    end
  else
    for one in pairs(IS_DUE_STATE) do
      if not (due and one == state) then redis.call("ZREM", P .. "due:" .. one, id) end
    end
  end
  if due then redis.call("ZADD", P .. "due:" .. state, due, id) end

  if not before or was == "PAID" or state == "PAID" then
    indexRefund(id, record, before and was ~= "PAID")
  end
  -- Of one state, its name lasts as long as it is kept.
  if not isShard() and (was ~= state or forget ~= before.forget) then
    indexRequest(id, record, namedUntil(record, forget))
  end
  if was and forget == before.forget then return end
  if forget then
    redis.call("ZADD", P .. "forget", forget, id)
    redis.call("PEXPIRE", P .. "challenge:" .. id, int(math.max(forget - NOW, 1)))
  elseif not before or was then
    redis.call("ZREM", P .. "forget", id)
    redis.call("PERSIST", P .. "challenge:" .. id)
  end
end

-- The same for what was only met on the way: a full Redis must still be read and swept.
local function reindex(id, record)
  return pcall(index, id, record)
end

-- An entry is [key, sequence, version, from, to, at, actor, wrote, reason?], all texts.
local function audit(id, record, from, attempt)
  local sequence = redis.call("INCR", P .. "sequence")
  -- A shard that went back in a failover must not use a sequence again that was carried over.
  if isShard() and sequence < NOW * 1000 then
    sequence = NOW * 1000
    redis.call("SET", P .. "sequence", int(sequence))
  end
  local place = int(sequence)
  local entry = {
    attempt.key, place, record.version or "1", from, record.state, record.updatedAt,
    attempt.actor, attempt.wrote, attempt.reason,
  }
  local length = redis.call("RPUSH", P .. "audit:" .. id, cjson.encode(entry))
  redis.call("XADD", P .. "events", place .. "-0", "at", (length - 1) .. " " .. id)
end

-- True when an attempt under this key was made before: its entry begins with the key.
local function hasAttempt(id, key)
  local start = "[" .. cjson.encode(key) .. ","
  for _, entry in ipairs(redis.call("LRANGE", P .. "audit:" .. id, 0, -1)) do
    if string.sub(entry, 1, #start) == start then return true end
  end
  return false
end

-- The trail of money outlives its record; that of a challenge never paid goes with it.
local function forgetTrail(id)
  local sequences = {}
  for _, text in ipairs(redis.call("LRANGE", P .. "audit:" .. id, 0, -1)) do
    local entry = cjson.decode(text)
    if entry[5] == "PAID" then return end
    sequences[#sequences + 1] = entry[2] .. "-0"
  end
  for _, sequence in ipairs(sequences) do redis.call("XDEL", P .. "events", sequence) end
  redis.call("DEL", P .. "audit:" .. id)
  if isShard() then redis.call("RPUSH", P .. "forgotten", id) end
end

-- Removes what a vanished record was found by.
local function forgetIndex(id)
  for state in pairs(IS_DUE_STATE) do redis.call("ZREM", P .. "due:" .. state, id) end
  for _, set in ipairs({ "paid", "leased", "forget" }) do redis.call("ZREM", P .. set, id) end
end

-- Forgets up to limit records whose time is over. Expiry took most of them already.
local function sweep(limit)
  local ids = redis.call("ZRANGEBYSCORE", P .. "forget", "-inf", int(NOW), "LIMIT", 0, limit)
  for _, id in ipairs(ids) do
    local record = load(id)
    local forget = record and forgetAt(record)
    if record and not (forget and forget <= NOW) then
      reindex(id, record)
    else
      if record and not isShard() and redis.call("GET", requestKey(record)) == id then
        redis.call("DEL", requestKey(record))
      end
      redis.call("DEL", P .. "challenge:" .. id)
      forgetIndex(id)
      forgetTrail(id)
    end
  end
end
