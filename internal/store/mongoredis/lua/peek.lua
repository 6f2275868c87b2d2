-- What a process looks at now and then.
--
-- KEYS  changes, ticket, built, then held of VIP and of NORMAL
-- ARGV  lease in milliseconds
-- Returns the server's run ID, changes, the ticket, whether the lanes were lost, and
-- whether a lease is over.
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local over = '0'
for i = 4, 5 do
	if redis.call('EXISTS', KEYS[i]) == 1 then
		local p = redis.pcall('XPENDING', KEYS[i], 'workers', 'IDLE', ARGV[1], '-', '+', 1)
		if p.err == nil and #p > 0 then over = '1' end
	end
end
return {server, redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', tostring(1 - redis.call('EXISTS', KEYS[3])), over}
