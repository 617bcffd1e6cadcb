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
