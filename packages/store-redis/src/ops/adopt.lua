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
