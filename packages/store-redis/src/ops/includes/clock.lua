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
