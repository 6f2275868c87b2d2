-- Starts the lease of entries anew that the node still has. Returns which those are.
--
-- KEYS  held
-- ARGV  node, entries
local kept = {}
if redis.call('EXISTS', KEYS[1]) == 0 then return kept end
for i = 2, #ARGV do
	local p = redis.pcall('XPENDING', KEYS[1], 'workers', ARGV[i], ARGV[i], 1)
	if p.err == nil and #p == 1 and p[1][2] == ARGV[1] then
		redis.call('XCLAIM', KEYS[1], 'workers', ARGV[1], 0, ARGV[i], 'JUSTID')
		kept[#kept + 1] = ARGV[i]
	end
end
return kept
