// biome-ignore-all lint/style/noExcessiveLinesPerFile: it is made of many files.
// Made of the Lua files beside it: vitest run src/ops --update

export type OperationName =
  | 'ack'
  | 'adopt'
  | 'claimConfirm'
  | 'claimRelease'
  | 'claimTake'
  | 'create'
  | 'documentList'
  | 'documentSwap'
  | 'due'
  | 'events'
  | 'eventsAppend'
  | 'eventsForget'
  | 'findActive'
  | 'findPendingForRefund'
  | 'getClaim'
  | 'outboxRead'
  | 'postpone'
  | 'requestKeep'
  | 'requestOwn'
  | 'reserve'
  | 'settle'
  | 'shardBar'
  | 'shardMark'
  | 'shardReserve'
  | 'shardSettle'
  | 'transition'
  | 'witnessRead'
  | 'witnessSwap'

/** What the operations share. */
export const prelude: string = `
-- What every operation begins with, and instants as the record writes them: ISO 8601 in UTC.

-- P: the prefix of all keys, with its colon. NOW: the store's clock, Unix ms.
-- KEPT: how long records are kept: "pending record delivered request", in ms.
local P, NOW, KEPT

-- prefix; now in ms, or "" for this server's own clock; lifetimes as in KEPT
local function begin(prefix, now, keep)
  P = prefix .. ":"
  NOW = tonumber(now)
  if not NOW then
    local time = redis.call("TIME")
    NOW = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  end
  KEPT = keep
end

-- One of the lifetimes by its place. Most steps ask for one or for none.
local function keptMs(place)
  local at = 0
  for text in string.gmatch(KEPT, "%d+") do
    at = at + 1
    if at == place then return tonumber(text) end
  end
end

-- A full Redis refuses commands that need memory, but not those that free it: a script could stop
-- half-way. This one needs memory by its kind and writes nothing, so it refuses before the rest. A
-- step whose first write is such a command (HSET) does not need it.
local function assertRoom()
  redis.call("SETRANGE", P .. "room", 0, "")
end

-- A whole number as text; tostring would write large ones as 1.7e+12.
local function int(number)
  return string.format("%.0f", number)
end

-- Instants that were read already: a step asks for the same few again and again.
local MS = {}

local function toMs(iso)
  if not iso then return nil end
  if MS[iso] then return MS[iso] end
  local pattern = "^([+-]?%d+)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d)%.?(%d*)Z$"
  local y, mo, d, h, mi, s, fraction = string.match(iso, pattern)
  if not y then return nil end
  y, mo, d = tonumber(y), tonumber(mo), tonumber(d)
  -- Days since 1970-01-01, with years that begin in March so that leap days come last.
  if mo <= 2 then y, mo = y - 1, mo + 12 end
  local floor = math.floor
  local days = 365 * y + floor(y / 4) - floor(y / 100) + floor(y / 400)
  days = days + floor((153 * (mo - 3) + 2) / 5) + d - 1 - 719468
  local ms = fraction == "" and 0 or tonumber(string.sub(fraction .. "00", 1, 3))
  MS[iso] = ((days * 24 + tonumber(h)) * 60 + tonumber(mi)) * 60000 + tonumber(s) * 1000 + ms
  return MS[iso]
end

local function toIso(ms)
  local floor = math.floor
  local days = floor(ms / 86400000)
  local rest = ms - days * 86400000
  local z = days + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local d = doy - floor((153 * mp + 2) / 5) + 1
  local mo = mp < 10 and mp + 3 or mp - 9
  local y = yoe + era * 400 + (mo <= 2 and 1 or 0)
  local iso = string.format(
    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
    y, mo, d,
    floor(rest / 3600000), floor(rest / 60000) % 60, floor(rest / 1000) % 60, rest % 1000
  )
  MS[iso] = ms
  return iso
end

-- The rules of a record, word for word those of @key0/core: guard.ts, retention.ts, dueAt.ts,
-- isLive.ts and isRefundable.ts. A record is a table of strings, as its hash holds them.

local function hasOpenIntent(record)
  local intent = record.intent
  -- In JSON a quote within a text has a backslash before it, so without these words it is not open.
  if not (intent and string.find(intent, '"stage":"OPEN"', 1, true)) then return false end
  return cjson.decode(intent).stage == "OPEN"
end

local function isHeld(record)
  return record.held ~= nil and record.held ~= ""
end

-- A record of an older deployment has no updatedAt.
local function updatedMs(record)
  local at = record.updatedAt or record.deliveredAt or record.paidAt or record.createdAt
  return toMs(at) or NOW
end

-- nil: not while it is like this, because money is owed, held or may still arrive.
local function forgetAt(record)
  local state = record.state
  if state == "PAID" or isHeld(record) or hasOpenIntent(record) then return nil end
  local created = toMs(record.createdAt)
  if created == nil then return nil end
  if state == "PENDING" then return created + keptMs(1) end
  if state == "EXPIRED" or state == "CANCELLED" then
    if record.intent then return created + keptMs(2) end
    return created + math.min(keptMs(1), keptMs(2))
  end
  if state == "REFUNDED" then
    return math.max(created + keptMs(2), (toMs(record.refundedAt) or created) + keptMs(3))
  end
  if state == "DELIVERED" and record.paymentFinal ~= "false" then
    return (toMs(record.deliveredAt) or updatedMs(record)) + keptMs(3)
  end
  return nil
end

-- nil: nothing is left to do.
local function dueAt(record)
  local visit = toMs(record.nextVisitAt)
  local state = record.state
  if state == "PENDING" then
    if visit then return visit end
    return hasOpenIntent(record) and updatedMs(record) or toMs(record.expiresAt) or NOW
  end
  if state == "PAID" or state == "REFUND_PENDING" or state == "REFUND_FAILED" then
    return visit or updatedMs(record)
  end
  if state == "DELIVERED" and record.paymentFinal == "false" then
    return visit or updatedMs(record)
  end
  return nil
end

local function isLive(record)
  local state = record.state
  if state == "EXPIRED" or state == "CANCELLED" then return false end
  if state ~= "PENDING" or hasOpenIntent(record) then return true end
  return (toMs(record.expiresAt) or 0) > NOW
end

-- What the buyer gets, once it is stored: the grant of a plan, or the response to a request.
local function deliveryOf(of)
  return of.accessGrant or of.response
end

-- The instant by which the refund's age is told, or nil when the payment may not go back.
local function refundableSince(record)
  if record.state ~= "PAID" or not record.fromAddress then return nil end
  if deliveryOf(record) or record.held then return nil end
  return toMs(record.paidAt)
end

local function leasedUntil(record)
  local lease = record.lease
  if not lease then return 0 end
  return tonumber(string.match(lease, '"untilMs":(%d+)[,}]')) or cjson.decode(lease).untilMs or 0
end

-- True when a legal move is refused for this very record. A name in removed is taken away.
local function isForbidden(record, to, fields, removed)
  local had, given, refund = deliveryOf(record), deliveryOf(fields), record.refund
  if (to == "EXPIRED" or to == "CANCELLED") and hasOpenIntent(record) then return true end
  if to == "DELIVERED" and refund then return true end
  if record.accessGrant and removed.accessGrant then return true end
  if record.response and removed.response then return true end
  if to == "DELIVERED" and not (had or given) then return true end
  if to == "PAID" and given and refund then return true end
  if record.state == "PAID" and to == "REFUND_PENDING" then return had or isHeld(record) end
  return false
end

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
`

/** One atomic operation each; its contract is its header. */
export const operations: Readonly<Record<OperationName, string>> = {
  ack: `
--[[ ack: remember how far a consumer came. A late acknowledgement never takes it back.
  KEYS[1] acknowledgements (hash)    ARGV[1] consumer    ARGV[2] sequence
  Answers what is remembered now. ]]
local known = tonumber(redis.call("HGET", KEYS[1], ARGV[1]) or "0")
if tonumber(ARGV[2]) <= known then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
`,
  adopt: `
--[[ adopt: index a record that an older deployment wrote, and take its lifetime back while money
  is owed in it. Done twice, it is as done once.
  KEYS[1] challenge hash
  ARGV[1] prefix    ARGV[2] now, ms, or ""    ARGV[3] lifetimes    ARGV[4] challenge id
  Answers 1 when it is there, 0 when not. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
assertRoom()
local record = load(ARGV[4])
if not record then return 0 end
index(ARGV[4], record)
return 1
`,
  claimConfirm: `
--[[ claimConfirm: the record has the payment; the claim is permanent.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] disposition
  Answers 1, or 0 when the claim is another challenge's. ]]
local owner = redis.call("HGET", KEYS[1], "challengeId")
if owner and owner ~= ARGV[1] then return 0 end
redis.call("HSET", KEYS[1], "challengeId", ARGV[1], "disposition", ARGV[2], "confirmed", "1")
redis.call("HDEL", KEYS[1], "token")
return 1
`,
  claimRelease: `
--[[ claimRelease: give back a claim whose record was not changed, unless another attempt of the
  same challenge relies on it.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] token of this attempt
  Answers 1 when it is gone, else 0. ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "token", "confirmed")
if claim[1] ~= ARGV[1] or claim[2] ~= ARGV[2] or claim[3] then return 0 end
return redis.call("DEL", KEYS[1])
`,
  claimTake: `
--[[ claimTake: claim a payment for a challenge, before its record is changed in another slot.
  KEYS[1] claim    ARGV[1] challenge id    ARGV[2] token of this attempt
  Answers, in order of precedence:
    {"foreign", owner}   another challenge's
    {"own", confirmed}   this challenge's already; confirmed is "1" once its record has it, or ""
    {"new", ""}          it is this challenge's now, until claimRelease with the same token ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "confirmed")
if claim[1] and claim[1] ~= ARGV[1] then return { "foreign", claim[1] } end
if claim[1] and claim[2] then return { "own", "1" } end
redis.call("HSET", KEYS[1], "challengeId", ARGV[1], "token", ARGV[2])
if claim[1] then return { "own", "" } end
redis.call("HSET", KEYS[1], "disposition", "RESERVED")
return { "new", "" }
`,
  create: `
--[[ create: insert a PENDING challenge, or show the live one that is there.
  KEYS[1] challenge hash     KEYS[2] request index of its scope and request id
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8..] field/value pairs of the record,
                                                       all but updatedAt
  Answers, in order of precedence:
    {0, "replayed", record}  this id exists
    {0, "absent"}            only in a shard: somebody else took its request id meanwhile
    {0, "replayed", record}  a live challenge has this request id
    {1, "applied", updatedAt} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
-- More than one, so that creating forgets faster than it adds.
sweep(4)
assertRoom()
local id = ARGV[7]

local existing = read(id)
if existing then return answer("replayed", existing) end
if isShard() and redis.call("EXISTS", P .. "barred:" .. id) == 1 then return answer("absent") end
local named = redis.call("GET", KEYS[2])
local other = named and read(named)
if other and isLive(other) then return answer("replayed", other) end

-- What is forgotten may still be there.
redis.call("DEL", KEYS[1], KEYS[2])
local record = {}
for i = 8, #ARGV, 2 do record[ARGV[i]] = ARGV[i + 1] end
record.updatedAt = toIso(NOW)
redis.call("HSET", KEYS[1], "updatedAt", record.updatedAt, unpack(ARGV, 8))
index(id, record, {})
audit(id, record, "", attemptOf(ARGV[4], ARGV[5], ARGV[6], "", ""))
return { 1, "applied", record.updatedAt }
`,
  documentList: `
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
`,
  documentSwap: `
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
`,
  due: `
--[[ due: what a worker must continue by an instant, the longest overdue first.
  KEYS[1..] due sets of the states asked for
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] due by, ms         ARGV[5] limit
  Answers the records. Members that do not belong in the sets leave them on the way, and never take
  a living one's place in the answer. Each call looks at no more than four times limit and 1000
  members; the next call goes on. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local by, limit = ARGV[4], tonumber(ARGV[5])
-- Forgotten records that nobody sweeps would stand at the head for good.
sweep(limit)

-- One reader for each set: a page of it, and how many members before the next page stay in it.
local readers, page = {}, math.max(limit, 16)
for i, key in ipairs(KEYS) do
  readers[i] = { key = key, state = string.match(key, "[A-Z_]+$"), flat = {}, at = 1, stay = 0 }
end

local function hasMore(one)
  if one.at > #one.flat and not one.ended then
    local flat = redis.call(
      "ZRANGEBYSCORE", one.key, "-inf", by, "WITHSCORES", "LIMIT", one.stay, page)
    one.flat, one.at, one.ended = flat, 1, #flat < 2 * page
  end
  return one.at <= #one.flat
end

-- The reader whose next member is the longest overdue of all.
local function earliest()
  local best, bestScore, bestId
  for _, one in ipairs(readers) do
    if hasMore(one) then
      local id, score = one.flat[one.at], tonumber(one.flat[one.at + 1])
      if not best or score < bestScore or (score == bestScore and id < bestId) then
        best, bestScore, bestId = one, score, id
      end
    end
  end
  return best, bestId
end

local found, seen = {}, {}
for _ = 1, 4 * limit + 1000 do
  if #found >= limit then break end
  local one, id = earliest()
  if not one then break end
  one.at = one.at + 2
  local stored = load(id)
  if not stored then
    forgetIndex(id)
  elseif stored.state ~= one.state then
    -- An older gateway beside us moved it and left our sets alone. Where it belongs, it may be met
    -- again, and push one that was met already into the next page.
    if not reindex(id, stored) then one.stay = one.stay + 1 end
  else
    one.stay = one.stay + 1
    local forget = forgetAt(stored)
    if not seen[id] and not (forget and forget <= NOW) then found[#found + 1] = toText(stored) end
    seen[id] = true
  end
end
return found
`,
  events: `
--[[ events: the audit entries of all challenges after a sequence, in their order.
  KEYS[1] event stream, whose entries say where the audit entry stands: "index id"
  ARGV[1] prefix    ARGV[2] after, exclusive    ARGV[3] limit
  Answers {id, entry} for each. ]]
local range = redis.call("XRANGE", KEYS[1], "(" .. ARGV[2] .. "-0", "+", "COUNT", ARGV[3])
local found = {}
for _, item in ipairs(range) do
  local position, id = string.match(item[2][2], "^(%d+) (.*)$")
  local entry = redis.call("LINDEX", ARGV[1] .. ":audit:" .. id, position)
  if entry then found[#found + 1] = { id, entry } end
end
return found
`,
  eventsAppend: `
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
`,
  eventsForget: `
--[[ eventsForget: take the events of a challenge that was never paid out of the common stream.
  KEYS[1] common stream    KEYS[2] where the challenge's events stand in it
  Answers how many there were. ]]
local sequences = redis.call("HVALS", KEYS[2])
for _, sequence in ipairs(sequences) do redis.call("XDEL", KEYS[1], sequence .. "-0") end
redis.call("DEL", KEYS[2])
return #sequences
`,
  findActive: `
--[[ findActive: the live record that a request id names.
  KEYS[1] request index
  ARGV[1] prefix    ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  Answers the record, or nothing. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = redis.call("GET", KEYS[1])
local record = id and read(id)
return record and isLive(record) and toText(record) or false
`,
  findPendingForRefund: `
--[[ findPendingForRefund: what was paid before the cutoff and may go back, the oldest first.
  KEYS[1] paid set           KEYS[2] leased set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] cutoff, ms, exclusive                        ARGV[5] limit
  Answers the records. Members that are not what the set promises leave it on the way: those
  without a record (ghosts), and those an older deployment left in it. Each call looks at no more
  than four times limit of them; the next call goes on. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local cutoff, limit = ARGV[4], tonumber(ARGV[5])

-- A lease ends once, so moving those that ended costs no more than taking them did.
local ended = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", int(NOW), "LIMIT", 0, 1000)
for _, id in ipairs(ended) do
  local record = load(id)
  if record then pcall(indexRefund, id, record) else forgetIndex(id) end
end

local found = {}
for _ = 1, 4 do
  local wanted = limit - #found
  local ids = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", "(" .. cutoff, "LIMIT", #found, wanted)
  for _, id in ipairs(ids) do
    local record = load(id)
    if not record then
      forgetIndex(id)
    elseif not refundableSince(record) or leasedUntil(record) > NOW then
      reindex(id, record)
    else
      -- An older deployment gave every record a lifetime, money or not.
      if redis.call("PTTL", P .. "challenge:" .. id) >= 0 then reindex(id, record) end
      found[#found + 1] = toText(record)
    end
  end
  if #found >= limit or #ids < wanted then break end
end
return found
`,
  getClaim: `
--[[ getClaim: the owner of a payment.
  KEYS[1] claim    KEYS[2] seen-tx key that an older deployment may have left
  Answers {owner, disposition}, or nothing. ]]
local claim = redis.call("HMGET", KEYS[1], "challengeId", "disposition")
if claim[1] then return claim end
local seen = redis.call("GET", KEYS[2])
return seen and { seen, "APPLIED" } or false
`,
  outboxRead: `
--[[ outboxRead: events of a shard that are not in the common stream yet, the oldest first.
  KEYS[1] event stream of the shard    ARGV[1] prefix    ARGV[2] limit
  Answers {sequence in the shard, challenge id, index in its trail, entry} for each. ]]
local range = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", ARGV[2])
local found = {}
for _, item in ipairs(range) do
  local position, id = string.match(item[2][2], "^(%d+) (.*)$")
  local entry = redis.call("LINDEX", ARGV[1] .. ":audit:" .. id, position)
  found[#found + 1] = { string.match(item[1], "^%d+"), id, position, entry or "" }
end
return found
`,
  postpone: `
--[[ postpone: move a record's next visit, and perhaps note that its payment became final.
  Facts about our work, not transitions: no audit entry.
  KEYS[1] challenge hash
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] challenge id       ARGV[5] version           ARGV[6..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "lost", record}      it is at another version
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = ARGV[4]

local record = read(id)
if not record then return answer("absent") end
if (record.version or "1") ~= ARGV[5] then return answer("lost", record) end

local before = traceOf(record)
local version = int(tonumber(ARGV[5]) + 1)
redis.call("HSET", KEYS[1], "version", version, unpack(ARGV, 6))
record.version = version
for i = 6, #ARGV, 2 do record[ARGV[i]] = ARGV[i + 1] end
index(id, record, before)
return answer("applied", record)
`,
  requestKeep: `
--[[ requestKeep: for how long a request id names its challenge from now on.
  KEYS[1] request index    ARGV[1] challenge id    ARGV[2] lifetime, ms; "" for good; "0" no more
  Answers 1, or 0 when it names another challenge: then it is left alone. ]]
local named = redis.call("GET", KEYS[1])
if named and named ~= ARGV[1] then return 0 end
if ARGV[2] == "" then
  redis.call("SET", KEYS[1], ARGV[1])
elseif ARGV[2] == "0" then
  redis.call("DEL", KEYS[1])
else
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return 1
`,
  requestOwn: `
--[[ requestOwn: let a request id name a challenge, if it names none or exactly the one expected.
  KEYS[1] request index
  ARGV[1] challenge id    ARGV[2] expected, or ""    ARGV[3] lifetime, ms
  Answers the id that it names now. ]]
local named = redis.call("GET", KEYS[1])
if named and named ~= ARGV[2] then return named end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[3])
return ARGV[1]
`,
  reserve: `
--[[ reserve: store a settlement intent and claim its payment RESERVED.
  KEYS[1] challenge hash     KEYS[2] paid set          KEYS[3] claim of the payment
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] "intent"          ARGV[9] the intent
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment is this challenge's already
    {0, "foreign", owner}    it is another challenge's
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = ARGV[7]

local record = read(id)
if not record then return answer("absent") end
local owner = redis.call("HGET", KEYS[3], "challengeId")
if owner == id then return answer("replayed", record) end
if owner then return answer("foreign", owner) end
if record.state ~= "PENDING" or hasOpenIntent(record) then return answer("lost", record) end

redis.call("HSET", KEYS[3], "challengeId", id, "disposition", "RESERVED")
local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], "intent", "")
return answer("applied", write(id, record, "PENDING", ARGV, 8, attempt))
`,
  settle: `
--[[ settle: claim a payment APPLIED and move PENDING -> PAID. The only way to spend a payment.
  KEYS[1] challenge hash     KEYS[2] paid set          KEYS[3] claim of the payment
  KEYS[4..] what an older deployment may have left under the plain transaction hash:
            its claim, and seen-tx keys in the spellings that occur
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] paidAt, ms, or ""
  ARGV[10] names written, with commas                  ARGV[11] names taken away, with commas
  ARGV[12..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment bought this challenge already
    {0, "foreign", owner}    the payment, or its transaction, is another challenge's
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
local claim = redis.call("HMGET", KEYS[3], "challengeId", "disposition")
if claim[1] == id and claim[2] == "APPLIED" then return answer("replayed", record) end
if claim[1] and claim[1] ~= id then return answer("foreign", claim[1]) end
local plain = redis.call("HGET", KEYS[4], "challengeId")
if plain and plain ~= id then return answer("foreign", plain) end
for i = 5, #KEYS do
  local seen = redis.call("GET", KEYS[i])
  if seen and seen ~= id then return answer("foreign", seen) end
end
local other = hasOpenIntent(record) and cjson.decode(record.intent).paymentRef ~= payment
if record.state ~= "PENDING" or other then return answer("lost", record) end

redis.call("HSET", KEYS[3], "challengeId", id, "disposition", "APPLIED")
local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], ARGV[10], ARGV[11])
return answer("applied", write(id, record, "PAID", ARGV, 12, attempt))
`,
  shardBar: `
--[[ shardBar: show the record that a request id names, or see to it that a creation under way
  under that id can no longer happen.
  KEYS[1] challenge hash
  ARGV[1] prefix    ARGV[2] now, ms, or ""    ARGV[3] lifetimes    ARGV[4] challenge id
  Answers the record when it is live, else nothing. ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id = ARGV[4]
local record = read(id)
if record and isLive(record) then return toText(record) end
-- Far longer than any creation takes.
if not load(id) then redis.call("SET", P .. "barred:" .. id, "1", "PX", "3600000") end
return false
`,
  shardMark: `
--[[ shardMark: note in a shard until when its store was alive. It never goes back.
  KEYS[1] witness of the shard    ARGV[1] at least what it must say already, ms, or ""
  ARGV[2] until when, ms
  Answers 1, or 0 when it says less than it must: the shard went back, and nothing was written. ]]
local known = tonumber(redis.call("GET", KEYS[1]) or "-1")
if ARGV[1] ~= "" and known < tonumber(ARGV[1]) then return 0 end
redis.call("SET", KEYS[1], known > tonumber(ARGV[2]) and string.format("%.0f", known) or ARGV[2])
return 1
`,
  shardReserve: `
--[[ shardReserve: what reserve does to the record, once the payment is claimed in another slot.
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] "intent"    ARGV[10] the intent
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment is in the record already
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
local intended = record.intent and cjson.decode(record.intent).paymentRef
if record.paymentRef == payment or intended == payment then return answer("replayed", record) end
if record.state ~= "PENDING" or hasOpenIntent(record) then return answer("lost", record) end

local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], "intent", "")
return answer("applied", write(id, record, "PENDING", ARGV, 9, attempt))
`,
  shardSettle: `
--[[ shardSettle: what settle does to the record, once the payment is claimed in another slot.
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] prefix             ARGV[2] now, ms, or ""    ARGV[3] lifetimes
  ARGV[4] attempt key        ARGV[5] actor             ARGV[6] "=" and the reason, or ""
  ARGV[7] challenge id       ARGV[8] payment           ARGV[9] paidAt, ms, or ""
  ARGV[10] names written, with commas                  ARGV[11] names taken away, with commas
  ARGV[12..] field/value pairs
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  this payment bought this challenge already
    {0, "lost", record}      not PENDING, or another payment's intent is OPEN
    {1, "applied", record} ]]
begin(ARGV[1], ARGV[2], ARGV[3])
local id, payment = ARGV[7], ARGV[8]

local record = read(id)
if not record then return answer("absent") end
if record.paymentRef == payment then return answer("replayed", record) end
local other = hasOpenIntent(record) and cjson.decode(record.intent).paymentRef ~= payment
if record.state ~= "PENDING" or other then return answer("lost", record) end

local attempt = attemptOf(ARGV[4], ARGV[5], ARGV[6], ARGV[10], ARGV[11])
return answer("applied", write(id, record, "PAID", ARGV, 12, attempt))
`,
  transition: `
--[[ transition: compare-and-swap along one row of the lifecycle table.

  With two keys, the specification's script and nothing else:
  KEYS[1] challenge hash     KEYS[2] paid set
  ARGV[1] from   ARGV[2] to   ARGV[3] challenge id   ARGV[4] paidAt, ms, or ""
  ARGV[5..] field/value pairs to write
  Answers 1 when moved, 0 when the state was not from (then nothing was written).

  With a third key, the audit list, the same arguments, and the first pair is a header: its name is
  "@", which no field of a record has, and its value a JSON array of these texts:
    prefix, now (ms, or ""), lifetimes, key, actor, reason ("=" and the reason, or ""),
    names written and names taken away (with commas), version (the only one to move from, or "")
  Answers, in order of precedence:
    {0, "absent"}
    {0, "replayed", record}  an attempt under this key was made before
    {0, "lost", record}      another state or version, or the record's data forbids the move
    {1, "applied", record} ]]
if #KEYS == 2 then
  return move(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV, 5)
end
local from, to, id = ARGV[1], ARGV[2], ARGV[3]
local FIRST = 7
local head = cjson.decode(ARGV[6])
begin(head[1], head[2], head[3])
local key, version = head[4], head[9]
local attempt = attemptOf(key, head[5], head[6], head[7], head[8])
local fields = {}
for i = FIRST, #ARGV, 2 do fields[ARGV[i]] = ARGV[i + 1] end

local record = read(id)
if not record then return answer("absent") end
if hasAttempt(id, key) then return answer("replayed", record) end
if record.state ~= from then return answer("lost", record) end
if version ~= "" and version ~= (record.version or "1") then
  return answer("lost", record)
end
if isForbidden(record, to, fields, attempt.removed) then return answer("lost", record) end

if from == "PAID" and to == "PENDING" and record.paymentRef and not isShard() then
  local claim = P .. "claim:" .. record.paymentRef
  redis.call("HSET", claim, "challengeId", id, "disposition", "RESERVED")
end
return answer("applied", write(id, record, to, ARGV, FIRST, attempt))
`,
  witnessRead: `
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
`,
  witnessSwap: `
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
`,
}
